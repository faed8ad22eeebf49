/// What the steps of a stop need of the Unit whose process they end.
enum StopRules {
    static func check(
        _ stop: StopPolicy, _ unit: UnitDeclaration,
        report: (_ code: DiagnosticCode, _ path: String, _ message: String, _ help: String?) -> Void
    ) {
        for (index, step) in (stop.steps ?? []).enumerated() {
            let path = "spec.stop.steps[\(index)]"
            switch step {
            case .closeInput where unit.entry.stdin == .none:
                report(
                    .inputNeeded, path + ".closeInput",
                    "closeInput has nothing to close: the Unit's entry.stdin is none", nil)
            case .command(let command, _):
                guard let program = command.first, unit.artifact == nil, program.contains("/"),
                    !program.hasPrefix("/")
                else { continue }
                report(
                    .invalidPath, path + ".command.command",
                    "'\(program)' is relative, and the Unit has no artifact that it could be relative to",
                    "name an artifact, write an absolute path, or the name of a program in PATH")
            case .closeInput, .signal: continue
            }
        }
    }
}
