import FoundationEssentials

/// A value on its way to `-o json` or `-o yaml`. Keys keep the order in which they were given.
indirect enum OutputValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([OutputValue])
    case object([Member])

    struct Member: Sendable, Equatable {
        var key: String
        var value: OutputValue
    }

    static func object(_ members: KeyValuePairs<String, OutputValue>) -> OutputValue {
        .object(members.map { Member(key: $0.key, value: $0.value) })
    }

    /// A document of the agent, as `-o` prints it.
    init(_ document: some Encodable) {
        // The wire's documents are plain values: encoding them cannot fail.
        let bytes = (try? JSONEncoder().encode(document)).map { Array($0) } ?? []
        self = OutputValue(json: bytes) ?? .null
    }

    /// nil where the text is not JSON. Keys are sorted.
    init?(json: [UInt8]) {
        guard let value = try? JSONDecoder().decode(OutputValue.self, from: Data(json)) else { return nil }
        self = value
    }
}

extension OutputValue: Decodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Key.self) {
            self = .object(
                try members.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
                    Member(key: $0.stringValue, value: try members.decode(OutputValue.self, forKey: $0))
                })
        } else if var items = try? decoder.unkeyedContainer() {
            var values: [OutputValue] = []
            while !items.isAtEnd { values.append(try items.decode(OutputValue.self)) }
            self = .array(values)
        } else {
            self = try Self(scalar: try decoder.singleValueContainer())
        }
    }

    private init(scalar: any SingleValueDecodingContainer) throws {
        if scalar.decodeNil() {
            self = .null
        } else if let value = try? scalar.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? scalar.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? scalar.decode(Double.self) {
            self = .double(value)
        } else {
            self = .string(try scalar.decode(String.self))
        }
    }
}

extension OutputValue: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self = .string(text) }
}

/// What every `-o json` and `-o yaml` begins with. It changes when a field changes its meaning or goes away.
enum OutputVersion {
    static let current = "plumb.dev/v1"
}
