/// A list of things of one kind.
package struct ListDocument<Item: Codable & Sendable>: Codable, Sendable {
    package var apiVersion: String
    /// `InstanceList`, `EventList`, …
    package var kind: String
    package var items: [Item]
    /// Where to go on: the value for `after`. Only for events.
    package var cursor: Int64?
    /// How many fit the filters, on all pages; nil where nobody counts.
    package var total: Int?
    /// The value of `cursor` that leads to the next page; nil: this is the last.
    package var next: String?

    package init(
        kind: String, items: [Item], cursor: Int64? = nil, total: Int? = nil, next: String? = nil
    ) {
        apiVersion = WireFormat.apiVersion
        self.kind = kind
        self.items = items
        self.cursor = cursor
        self.total = total
        self.next = next
    }
}
