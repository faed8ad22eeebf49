import Reconciler

extension AgentLoop {
    /// Does what was asked, at once and within this turn. Each verb stands in the file of what it is about.
    func control(_ request: ControlRequest, by caller: Caller, at moment: Moment) -> ControlOutcome {
        switch request {
        case .approve(let plan, let reason): approve(plan, reason: reason, by: caller, at: moment)
        case .approveRewind(let range, let reason): approveRewind(range, reason: reason, by: caller)
        case .suspend(let reason, let lasting): suspend(reason, lasting: lasting, by: caller, at: moment)
        case .resume: resume(by: caller, at: moment)
        case .retry(let instance): retry(instance, by: caller, at: moment)
        }
    }

    /// Whoever asked is told only once it is safe against the agent's death, or that it is not.
    func answerCallers(durable: Bool) {
        let answers = replies
        replies = []
        for (reply, outcome) in answers {
            guard case .done(let message) = outcome, !durable else {
                reply(outcome)
                continue
            }
            reply(
                .done(
                    "\(message)\nit is done, and not stored yet, for the agent's memory cannot be written "
                        + "(condition StoreFailing): an agent that ends now forgets it"))
        }
    }
}

extension ControlRequest {
    /// The request's name on the wire and on the command line.
    package var verb: String {
        switch self {
        case .approve: "approve"
        case .suspend: "suspend"
        case .resume: "resume"
        case .retry: "retry"
        case .approveRewind: "approve-rewind"
        }
    }
}
