import FoundationEssentials

/// How documents become bytes, and back: keys in a stable order, one line, a line feed at the end.
package enum WireFormat {
    package static let apiVersion = "plumb.dev/v1"

    static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        var bytes = Array(try encoder.encode(value))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Reads any of the documents; fields that are unknown here are passed over.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}

/// A list of things of one kind.
package struct ListDocument<Item: Codable & Sendable>: Codable, Sendable {
    package var apiVersion: String
    /// `InstanceList`, `EventList`, …
    package var kind: String
    package var items: [Item]
    /// Where to go on: the value for `after`. Only for lists that grow.
    package var cursor: Int64?

    package init(kind: String, items: [Item], cursor: Int64? = nil) {
        apiVersion = WireFormat.apiVersion
        self.kind = kind
        self.items = items
        self.cursor = cursor
    }
}
