package import Reconciler

/// An event with its place in the order; ids grow and are never used twice in one database.
package struct StoredEvent: Sendable, Hashable {
    package var id: Int64
    package var record: EventRecord
}

/// Which events are wanted. Everything is optional.
package struct EventQuery: Sendable, Hashable {
    /// Only events with a greater id.
    package var after: Int64?
    /// Only events with a smaller id.
    package var before: Int64?
    package var instance: String?
    /// Only of these Instances; nil: whatever they are of.
    package var instances: Set<String>?
    /// Of one run; quick where its Instance is given, too.
    package var run: RunID?
    package var kinds: Set<String>?
    /// Only what somebody asked for on this host, or approved.
    package var isAudit = false
    package var since: WallTime?
    /// How many at most. Without `after` the newest ones that fit, with it the first ones after it;
    /// either way the result is in ascending order.
    package var limit: Int

    package init(after: Int64? = nil, instance: String? = nil, since: WallTime? = nil, limit: Int = 100) {
        self.after = after
        self.instance = instance
        self.since = since
        self.limit = limit
    }
}
