import FoundationEssentials
package import Manifests

/// Any JSON, as it stands.
package struct JSONValue: Codable, Sendable, Hashable {
    package var value: ConfigValue

    /// nil where it is none.
    init?(json text: String) {
        guard let read = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return nil }
        self = read
    }

    init(_ value: ConfigValue) { self.value = value }

    /// Strings as they are, all else as JSON.
    var plainText: String {
        if case .string(let text) = value { return text }
        return ConfigText.json(value)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            value = .null
        } else if let flag = try? container.decode(Bool.self) {
            value = .bool(flag)
        } else if let number = try? container.decode(Int64.self) {
            value = .int(number)
        } else if let number = try? container.decode(Double.self) {
            value = .double(number)
        } else if let text = try? container.decode(String.self) {
            value = .string(text)
        } else if let items = try? container.decode([JSONValue].self) {
            value = .array(items.map(\.value))
        } else {
            value = .object(try container.decode([String: JSONValue].self).mapValues(\.value))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .null, .secret: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .int(let number): try container.encode(number)
        case .double(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let items): try container.encode(items.map(JSONValue.init))
        case .object(let fields): try container.encode(fields.mapValues(JSONValue.init))
        }
    }
}
