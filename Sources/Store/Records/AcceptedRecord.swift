package import Reconciler

/// The accepted snapshot, kept whole: an agent that starts without its repository goes on with it.
package struct AcceptedRecord: Sendable, Hashable {
    package var revision: Revision
    package var acceptedAt: WallTime
    /// The snapshot's bytes, opaque here; several MB are no trouble.
    package var payload: [UInt8]

    package init(revision: Revision, acceptedAt: WallTime, payload: [UInt8]) {
        self.revision = revision
        self.acceptedAt = acceptedAt
        self.payload = payload
    }
}
