import Glibc
import Manifests
import Reconciler

/// One comparison of a live process with what was started. Programs may change their arguments, and give up
/// rights: that is no drift. What counts is what they cannot have done by themselves without a change of
/// rights.
struct DriftComparison {
    let spec: InstanceSpec
    /// Where the command leads now; nil where there is no such file.
    let command: String?
    let process: ProcessLook
    var seen: SeenProcess?
    let started: WallTime
    /// nil where another agent started it and nobody looked at it since.
    let begun: StartedProgram?
    /// The last component of its control group.
    let group: String?
    /// What keepers execute: a stub before the program is one of them, and no program of anybody's.
    let keeper: FileFacts?
    /// What stands there never changes.
    let packages: String
    let comparisons: FileComparisons
    let limits: Limits
    /// The agent came back to it.
    let isReturn: Bool

    struct Limits {
        /// Those that are not as declared.
        var wrong: [LimitComparison] = []
        /// Version 1 hierarchies in which it has to be in its own group too.
        var hierarchies: [String] = []
    }

    struct Result {
        var finding: RunFinding
        /// Tells one state of what was found from the next.
        var marker: String
    }

    // MARK: The program on disk

    func stale() -> Result {
        if let script = scriptChange() { return script }
        guard let path = commandPath else { return clear(.stale) }
        guard let disk = FileFacts(of: path) else {
            return stale(RunFinding.executableMissing, "\(path) was removed", marker: "gone")
        }
        if disk.isSameFile(as: process.program) { return clear(.stale) }
        let executed = "/proc/\(process.pid)/exe"
        if comparisons.isSame(executed, process.program, path, disk) { return clear(.stale) }
        return stale(
            RunFinding.executableReplaced, "\(path) was replaced at \(disk.arrived.inWords)",
            marker: "\(disk.inode) \(disk.arrived.nanoseconds)")
    }

    /// The path that now has to hold what the process executes; nil where there is none that could change.
    private var commandPath: String? {
        if let keeper, keeper.isSameFile(as: process.program) { return nil }
        // The command itself is executed, or was when it was looked at first: a link may lead elsewhere by
        // now.
        if let command, let facts = FileFacts(of: command) {
            if facts.isSameFile(as: process.program) { return nil }
            if seen?.command == process.program.name { return isImmutable(command) ? nil : command }
        } else if seen?.command == process.program.name {
            return command ?? process.programPath
        }
        guard let own = process.programPath, !isImmutable(own) else { return nil }
        return own
    }

    /// A script's text, which its interpreter has read. One that is too large to be digested is not compared.
    private func scriptChange() -> Result? {
        guard let command, !isImmutable(command), let facts = FileFacts(of: command),
            !facts.isSameFile(as: process.program), seen?.command != process.program.name,
            let known = seen?.script ?? begun?.script, FileFacts.isScript(command),
            known != FileFacts.digest(of: command)
        else { return nil }
        return stale(
            RunFinding.executableReplaced, "the script \(command) was changed at \(facts.arrived.inWords)",
            marker: "\(facts.inode) \(facts.arrived.nanoseconds)")
    }

    private func isImmutable(_ path: String) -> Bool { path.hasPrefix(packages + "/") }

    private func stale(_ reason: String, _ what: String, marker: String) -> Result {
        let then =
            reason == RunFinding.executableMissing ? "runs what stood there" : "runs what was there before"
        return Result(
            finding: RunFinding(
                kind: .stale, reason: reason,
                message: "\(what); pid \(process.pid), started at \(started.inWords), \(then); \(remedy)"),
            marker: marker)
    }

    // MARK: The live process

    func drifted() -> Result {
        var found: [(reason: String, text: String)] = []
        if let text = userChange() { found.append((RunFinding.userChanged, text)) }
        if let text = groupChange() { found.append((RunFinding.movedOutOfGroup, text)) }
        if let text = limitsChange() { found.append((RunFinding.limitsChanged, text)) }
        if isReturn { found += memoryChanges() }
        guard let first = found.first else { return clear(.drifted) }
        let texts = found.map(\.text).joined(separator: "; ")
        return Result(
            finding: RunFinding(
                kind: .drifted, reason: first.reason, message: "\(texts); \(remedy(first.reason))"),
            marker: texts)
    }

    private func userChange() -> String? {
        guard let then = seen?.user ?? begun?.user, then != 0, let user = process.user,
            user.effective != then || user.real != then, !process.canGainRights
        else { return nil }
        return
            "pid \(process.pid) runs with the user ids \(user.real) and \(user.effective) (real, effective), "
            + "and was started with \(then)"
    }

    private func groupChange() -> String? {
        guard let group else { return nil }
        let own = [""] + limits.hierarchies
        guard
            let present = own.compactMap({ process.controlGroups[$0] }).first(where: { present in
                !present.split(separator: "/").contains { $0 == group }
            })
        else { return nil }
        return
            "pid \(process.pid) was moved out of its control group \(group) to \(present): "
            + "no limit of it holds"
    }

    private func limitsChange() -> String? {
        guard !limits.wrong.isEmpty else { return nil }
        let texts = limits.wrong.map { limit in
            let declared = limit.declared.map { "\($0) is declared" } ?? "none is declared"
            let actual = limit.actual.map { "limited to \($0)" } ?? "not limited"
            return "\(limit.field) is \(actual), and \(declared)"
        }
        return texts.joined(separator: "; ")
    }

    /// Compared after the agent was away, with what was seen before. A program that executed another one, or
    /// wrote over its own arguments, is left in peace.
    private func memoryChanges() -> [(reason: String, text: String)] {
        guard let seen, seen.program == process.program.name, let arguments = process.arguments else {
            return []
        }
        var found: [(reason: String, text: String)] = []
        if let known = seen.arguments, SHA256.hex(arguments) != known {
            found.append(
                (RunFinding.argumentsChanged, "pid \(process.pid) has other arguments than it was seen with"))
        }
        if let known = seen.environment, let now = environment, SHA256.hex(now) != known {
            found.append(
                (
                    RunFinding.environmentChanged,
                    "pid \(process.pid) has other variables than it was seen with"
                ))
        }
        return found
    }

    private var environment: [UInt8]? { process.environment(leavingOut: Set(spec.process.secrets.keys)) }

    // MARK: What is kept

    /// What a later look is to be compared with.
    func record(run: RunID) -> SeenProcess {
        var record = SeenProcess(run: run.text, program: process.program.name)
        record.arguments = process.arguments.map { SHA256.hex($0) }
        record.environment = environment.map { SHA256.hex($0) }
        record.user = begun?.user
        if let begun, let name = begun.command {
            (record.command, record.script) = (name, begun.script)
            return record
        }
        // Nobody who saw the start is left: what is there now is what was there then.
        guard let command, let facts = FileFacts(of: command) else { return record }
        record.command = facts.name
        if !facts.isSameFile(as: process.program), FileFacts.isScript(command) {
            record.script = FileFacts.digest(of: command)
        }
        return record
    }

    private func clear(_ kind: Condition.Kind) -> Result {
        Result(finding: RunFinding(kind: kind, reason: "", message: ""), marker: "")
    }

    private func remedy(_ reason: String) -> String {
        switch RunFinding(kind: .drifted, reason: reason, message: "").cure {
        case .restart: return remedy
        case .writeLimits:
            let isHealed = spec.drift == .heal
            return isHealed ? "drift: heal writes it again" : "write it back, or declare drift: heal"
        case nil: return "restart it with spec.restartNonce if that is wrong"
        }
    }

    private var remedy: String {
        guard spec.drift == .heal else {
            return "change spec.restartNonce to restart it, or declare drift: heal"
        }
        return spec.profile == .oneshot
            ? "a oneshot is not restarted by itself: change spec.restartNonce" : "drift: heal restarts it"
    }
}
