/// Everything that can be asked of a running agent: one closed set. It comes over the control socket alone,
/// from root, the agent's user, or the group `plumb`.
package enum ControlRequest: Sendable, Hashable {
    /// Lift what holds a revision whose plan has this hash.
    case approve(plan: String, reason: String)
    /// Accept nothing new until `resume`, or for so long.
    case suspend(reason: String, lasting: Duration?)
    case resume
    /// Try an Instance again whose spec is quarantined or gave up.
    case retry(instance: String)
    /// Let go of the accepted commit, as the rewind `OLD..NEW` does that waits.
    case approveRewind(range: String, reason: String)
}

/// What became of a request, in words for whoever asked.
package enum ControlOutcome: Sendable, Hashable {
    case done(String)
    case refused(ControlRefusal)
}

/// Why a request was not done. Nothing was changed.
package struct ControlRefusal: Error, Sendable, Hashable {
    /// One word, CamelCase: `NothingHeld`, `UnknownRequest`, …
    package var code: String
    package var message: String
    /// What to do about it.
    package var remedy: String

    package init(code: String, message: String, remedy: String = "") {
        self.code = code
        self.message = message
        self.remedy = remedy
    }
}

/// Where the answer goes. Called once.
package struct ControlReply: Sendable {
    private let give: @Sendable (ControlOutcome) -> Void

    package init(_ give: @escaping @Sendable (ControlOutcome) -> Void) { self.give = give }

    package func callAsFunction(_ outcome: ControlOutcome) { give(outcome) }
}
