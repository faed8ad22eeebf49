import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// What went wrong while a run was being stopped.
extension Supervisor {
    /// `step` counts a drain as the first.
    func tellStopCommand(_ run: RunID, _ step: Int, _ outcome: ProbeResult.Outcome) {
        let stop = table.withLock { $0[run]?.spec?.stop }
        let index = step - (stop?.drain == nil ? 0 : 1)
        let command = stop?.commands.first { $0.index == index }?.command.first
        let name = command.map { "the stop command \($0)" } ?? "a stop command"
        tell(.stopStepFailed(run, message: "\(name) \(outcome.stopText)"))
    }
}

extension ProbeResult.Outcome {
    fileprivate var stopText: String {
        switch self {
        case .exited(let code): "exited \(code)"
        case .signaled(let number): "was killed by \(signalName(number))"
        case .timedOut: "was killed at its timeout"
        case .execFailed(let step, let number): "never ran: \(step.words): \(SystemError.text(number))"
        }
    }
}
