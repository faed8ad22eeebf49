package import Reconciler

/// One process of the simulated host: the truth, which an agent only knows by what it is told.
package struct SimulatedProcess: Sendable {
    package enum State: Sendable {
        /// Asked for, and not yet executing.
        case requested
        case live(RunIdentity)
        /// Over; the record waits until an agent has taken it.
        case ended(ExitReport)
        /// Its lock is held and nobody answers.
        case silent(reason: String)
    }
    package var run: RunID
    package var slot: SlotID
    /// What the agent said when it asked for it: all that is known after the agent's death.
    package var memo: ObservedRun
    package var state: State
    package var stopRequested = false

    package var isLive: Bool {
        switch state {
        case .requested, .live, .silent: true
        case .ended: false
        }
    }
}
