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
    package var instance: String?
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
