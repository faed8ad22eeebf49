package import Reconciler

/// All that an agent needs to go on where the last one ended.
package struct Loaded: Sendable {
    package var memory: Memory
    package var accepted: AcceptedRecord?
    /// Claimed, and no exit known. In the order of their claims.
    package var openRuns: [RunRecord]
    package var settings: [String: String]
    /// The boot in which the newest claim was made; nil without any.
    package var lastBootID: String?
    /// Rows that this version cannot read. What they were about is unknown, not absent.
    package var unreadable: [UnreadableRow]
    /// Specs that are wanted now, as far as their history knows.
    package var openSpecs: [OpenSpec] = []
    /// How far the accepted revision got.
    package var trace: RevisionTrace?
    package var schedules: [String: ScheduleMemory] = [:]
}

/// A row written by another version, or damaged in a way that SQLite cannot see.
package struct UnreadableRow: Sendable, Hashable {
    package var table: String
    package var key: String
    package var problem: String
}
