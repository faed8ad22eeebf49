extension SchemaDecoder {
    private static let stepKinds = ["closeInput", "command", "signal"]

    mutating func stop(_ block: CheckedObject) -> StopPolicy {
        let standard = StopPolicy()
        var policy = StopPolicy(
            signal: block.signal("signal") ?? standard.signal,
            grace: block.duration("grace") ?? standard.grace)
        if let drain = block.duration("drain"), drain > .zero { policy.drain = drain }
        guard block.has("steps") else { return policy }
        for key in ["signal", "grace"] where block.has(key) {
            report(
                .stopSteps, mark(of: "spec.stop.\(key)"), "stop.\(key) stands beside stop.steps",
                help: "make it a step, as in - {signal: SIGTERM, grace: 5s}, or remove the steps")
        }
        let steps = block.objects("steps").enumerated().compactMap { index, step in
            stopStep(step, at: "spec.stop.steps[\(index)]")
        }
        if !steps.isEmpty { policy.steps = steps }
        return policy
    }

    private mutating func stopStep(_ step: CheckedObject, at path: String) -> StopPolicy.Step? {
        let kinds = Self.stepKinds.filter(step.has)
        guard kinds.count == 1 else {
            let found = kinds.isEmpty ? "none" : kinds.joined(separator: " and ")
            report(.stopSteps, mark(of: path), "a stop step does one thing, and this one has \(found)")
            return nil
        }
        if step.has("grace"), !step.has("signal") {
            let help = kinds == ["command"] ? "give the command a timeout" : "write closeInput: {grace: 2s}"
            report(
                .stopSteps, mark(of: path + ".grace"), "grace belongs to a signal, not to \(kinds[0])",
                help: help)
        }
        if let input = step.object("closeInput") {
            return .closeInput(grace: input.duration("grace") ?? StopPolicy().grace)
        }
        if let command = step.object("command") {
            guard !command.isInvalid("command") else { return nil }
            return .command(
                command.strings("command"), timeout: command.duration("timeout") ?? .seconds(10))
        }
        guard let signal = step.signal("signal") else { return nil }
        if signal.name == "SIGSTOP" {
            report(
                .invalidSignal, mark(of: path + ".signal"), "SIGSTOP freezes a process and never ends it",
                help: "write a signal that ends it, as in SIGTERM")
        }
        return .signal(signal, grace: step.duration("grace") ?? StopPolicy().grace)
    }
}
