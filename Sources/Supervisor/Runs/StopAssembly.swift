import KeeperProtocol
import Manifests
import Reconciler

/// Turns a policy of stopping into the steps that a keeper walks.
extension LaunchAssembly {
    func policy(_ spec: InstanceSpec) throws(PreparationFailure) -> KeeperPolicy {
        KeeperPolicy(
            stopSteps: try steps(spec.stop, spec.process),
            logLimits: LogLimits(
                sizeBytesMax: spec.logging.maxSize, filesMax: UInt32(clamping: spec.logging.maxFiles),
                ageMax: UInt64(clamping: spec.logging.maxAge?.nanoseconds ?? 0)))
    }

    func steps(_ stop: StopPolicy, _ process: ProcessSpec) throws(PreparationFailure) -> [StopStep] {
        var steps = Self.drain(stop)
        for (index, step) in stop.effectiveSteps.enumerated() {
            if case .command(let command, let timeout) = step {
                let found = try resolve(command, process, index)
                steps.append(.command(found, timeoutMilliseconds: timeout.wholeMilliseconds))
            } else {
                steps += Self.plain(step)
            }
        }
        return steps + [.killTree]
    }

    /// What asks a keeper to stop by this policy. Commands are resolved and known to the keeper already,
    /// with the environment that they need, so such a policy is never sent along.
    static func request(_ stop: StopPolicy) -> AgentMessage {
        guard stop.commands.isEmpty else { return .stop(steps: nil) }
        return .stop(steps: drain(stop) + stop.effectiveSteps.flatMap(plain) + [.killTree])
    }

    private static func drain(_ stop: StopPolicy) -> [StopStep] {
        stop.drain.map { [.wait(milliseconds: $0.wholeMilliseconds)] } ?? []
    }

    private static func plain(_ step: StopPolicy.Step) -> [StopStep] {
        switch step {
        case .closeInput(let grace): [.closeInput(graceMilliseconds: grace.wholeMilliseconds)]
        case .signal(let signal, let grace):
            [.signal(signal.number, graceMilliseconds: grace.wholeMilliseconds)]
        case .command: []
        }
    }

    private func resolve(
        _ command: [String], _ process: ProcessSpec, _ index: Int
    ) throws(PreparationFailure) -> StopCommand {
        do throws(PreparationFailure) {
            let found = try resolution(process).resolve(command.first ?? "")
            return StopCommand(
                executable: found.executable, arguments: [found.name] + command.dropFirst())
        } catch {
            var failure = error
            failure.message = "stop.steps[\(index)]: \(error.message)"
            throw failure
        }
    }
}
