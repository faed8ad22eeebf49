import Reconciler

extension AgentLoop {
    /// What failed here, or was given up, is tried once more.
    func retry(_ name: String, by caller: Caller, at moment: Moment) -> ControlOutcome {
        switch world.retry(name, by: caller, at: moment) {
        case .tried(let message): return .done(message)
        case .unknown:
            return .refused(
                ControlRefusal(
                    code: "UnknownInstance", message: "no Instance '\(name)' is declared for this host",
                    remedy: "see `plumb status`"))
        case .nothing:
            return .refused(
                ControlRefusal(
                    code: "NothingToRetry",
                    message: "nothing of \(name) was rolled back or given up",
                    remedy: "see `plumb status \(name)`; to restart it, change spec.restartNonce"))
        }
    }
}
