package import Reconciler

/// The intent to start a run, made durable before anything is started: after any death of the agent
/// it is known which run a slot may hold.
package struct RunClaim: Sendable, Hashable, Codable {
    package var run: RunID
    package var slot: SlotID
    /// `web@1.4.2`.
    package var unit: String
    package var startHash: StartHash
    package var specHash: SpecHash
    package var nonce: String
    /// The revision that brought the start hash.
    package var revision: Revision
    package var claimedWall: WallTime
    package var bootID: String

    package init(
        run: RunID, slot: SlotID, unit: String, startHash: StartHash, specHash: SpecHash, nonce: String,
        revision: Revision, claimedWall: WallTime, bootID: String
    ) {
        self.run = run
        self.slot = slot
        self.unit = unit
        self.startHash = startHash
        self.specHash = specHash
        self.nonce = nonce
        self.revision = revision
        self.claimedWall = claimedWall
        self.bootID = bootID
    }
}

/// One run's history, as far as it is known.
package struct RunRecord: Sendable, Hashable {
    package var claim: RunClaim
    /// nil: it never was seen to execute.
    package var identity: RunIdentity?
    /// nil: it has not ended, as far as is known.
    package var exit: ExitReport?

    package init(claim: RunClaim, identity: RunIdentity? = nil, exit: ExitReport? = nil) {
        self.claim = claim
        self.identity = identity
        self.exit = exit
    }
}
