import Agent
import Foundation
import Reconciler
import Store

/// Joins the store to the loop.
struct StoreAdapter: MemoryPort {
    let store: Store
    /// Where slots are: a store that was just made beside slots is one that was lost.
    let stateDir: String

    static let bootKey = "bootID"
    static let refKey = "ref"
    static let gatesKey = "gates"
    static let frontierKey = "trust.frontier"

    func load() async throws -> Remembered {
        let loaded = try await store.load()
        var remembered = Remembered(
            memory: loaded.memory,
            accepted: loaded.accepted.map {
                AcceptedSource(revision: $0.revision, acceptedAt: $0.acceptedAt, content: $0.payload)
            },
            openRuns: loaded.openRuns.map(\.claim.run), bootID: loaded.settings[Self.bootKey],
            rebuilt: loss(loaded), ref: loaded.settings[Self.refKey],
            gates: loaded.settings[Self.gatesKey].flatMap {
                try? JSONDecoder().decode(GateMemory.self, from: Data($0.utf8))
            }, trustFrontier: loaded.settings[Self.frontierKey],
            notes: loaded.settings.filter { $0.key.hasPrefix("notify.") })
        remembered.openSpecs = loaded.openSpecs
        remembered.trace = loaded.trace
        remembered.schedules = loaded.schedules
        return remembered
    }

    /// What of the memory is lost, in words; nil if nothing is.
    private func loss(_ loaded: Loaded) -> String? {
        if let rebuilt = store.opened.rebuilt {
            return rebuilt.reason + (rebuilt.setAside.map { " (the old file is \($0))" } ?? "")
        }
        if let row = loaded.unreadable.first {
            let more = loaded.unreadable.count == 1 ? "" : " and \(loaded.unreadable.count - 1) more"
            return "\(store.path): \(row.table) \(row.key)\(more) cannot be read by this version: "
                + row.problem
        }
        let slots = (try? FileManager.default.contentsOfDirectory(atPath: stateDir + "/slots")) ?? []
        guard store.opened.created, !slots.isEmpty else { return nil }
        return "\(store.path) was not there, and slots of earlier runs are"
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
                revision: outcome.revision, outcome: outcome.outcome, message: outcome.message,
                at: outcome.at)
        }
        out.specs = batch.specs
        out.traces = batch.traces
        out.schedules = batch.schedules.map {
            ScheduleChange(schedule: $0.schedule, memory: $0.memory, isDeclared: $0.isDeclared)
        }
        out.scheduledRuns = batch.scheduledRuns
        out.forgottenRuns = batch.forgottenRuns
        if let boot = batch.bootID { out.settings[Self.bootKey] = boot }
        if let gates = batch.gates {
            out.settings[Self.gatesKey] = String(decoding: try JSONEncoder().encode(gates), as: UTF8.self)
        }
        try await store.commit(out)
    }
}

extension StoreAdapter {
    func expiredRuns(
        of schedule: String, keep: Int, keepFailed: Int, before: WallTime
    ) async throws -> [ScheduledRun] {
        try await store.expiredScheduledRuns(
            of: schedule, keep: keep, keepFailed: keepFailed, before: before)
    }

    func schedulesInHistory() async throws -> [String] { try await store.schedulesInHistory() }
}

extension RunClaim {
    fileprivate init(_ claimed: RunClaimed) {
        self.init(
            run: claimed.run, slot: claimed.slot, unit: claimed.spec.unit, startHash: claimed.spec.startHash,
            specHash: claimed.spec.specHash, nonce: claimed.nonce, revision: claimed.revision,
            claimedWall: claimed.claimedWall, bootID: claimed.bootID)
    }
}
