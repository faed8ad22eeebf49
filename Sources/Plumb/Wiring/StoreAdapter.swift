import Agent
import Reconciler
import Store

/// Joins the store to the loop.
struct StoreAdapter: MemoryPort {
    let store: Store

    static let bootKey = "bootID"
    static let refKey = "ref"

    func load() async throws -> Remembered {
        let loaded = try await store.load()
        return Remembered(
            memory: loaded.memory,
            accepted: loaded.accepted.map {
                AcceptedSource(revision: $0.revision, acceptedAt: $0.acceptedAt, content: $0.payload)
            },
            openRuns: loaded.openRuns.map(\.claim.run), bootID: loaded.settings[Self.bootKey],
            rebuilt: store.opened.rebuilt.map { rebuilt in
                rebuilt.reason + (rebuilt.setAside.map { " (the old file is \($0))" } ?? "")
            },
            ref: loaded.settings[Self.refKey])
    }

    func commit(_ batch: MemoryBatch) async throws {
        var out = StoreBatch(
            claims: batch.claims.map(RunClaim.init), starts: batch.starts, exits: batch.exits,
            memories: batch.memories, events: batch.events)
        out.accepted = batch.accepted.map {
            AcceptedRecord(revision: $0.revision, acceptedAt: $0.acceptedAt, payload: $0.content)
        }
        out.revisions = batch.revisions.map { outcome in
            RevisionRecord(
                revision: outcome.revision,
                outcome: RevisionRecord.Outcome(rawValue: outcome.outcome.rawValue),
                message: outcome.message, at: outcome.at)
        }
        if let boot = batch.bootID { out.settings[Self.bootKey] = boot }
        try await store.commit(out)
    }
}

extension RunClaim {
    fileprivate init(_ claimed: RunClaimed) {
        self.init(
            run: claimed.run, slot: claimed.slot, unit: claimed.spec.unit, startHash: claimed.spec.startHash,
            specHash: claimed.spec.specHash, nonce: claimed.nonce, revision: claimed.revision,
            claimedWall: claimed.claimedWall, bootID: claimed.bootID)
    }
}
