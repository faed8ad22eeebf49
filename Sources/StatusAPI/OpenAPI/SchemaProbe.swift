import Manifests
import Reconciler

/// Makes the JSON Schema of a document from its Codable type: a decoder that answers every question with the
/// least that there is, and writes down what was asked. So the schema cannot differ from what is encoded.
final class SchemaProbe {
    /// Name → schema, for `components`.
    private(set) var components: [String: ConfigValue] = [:]

    static let referencePrefix = "#/components/schemas/"

    /// The schema of a type; objects stand in `components`, and are referred to.
    func schema(of type: any Decodable.Type) -> ConfigValue {
        if let plain = Self.plain(type) { return plain }
        if let list = type as? any ProbedList.Type {
            return .object(["type": .string("array"), "items": schema(of: list.elementType)])
        }
        if let map = type as? any ProbedMap.Type {
            return .object([
                "type": .string("object"), "additionalProperties": schema(of: map.valueType),
            ])
        }
        if let words = type as? any ProbedWords.Type {
            return .object([
                "type": .string("string"), "enum": .array(words.allWords.map { .string($0) }),
            ])
        }
        let name = Self.name(of: type)
        let reference = ConfigValue.object(["$ref": .string(Self.referencePrefix + name)])
        guard components[name] == nil else { return reference }
        // Taken before it is looked into: it may hold its own kind.
        components[name] = .object([:])
        let recorder = ProbeRecorder(probe: self)
        _ = try? type.init(from: ProbeDecoder(recorder: recorder))
        components[name] = recorder.schema
        return reference
    }

    /// `InstanceDocument` → `Instance`, `ListDocument<InstanceDocument>` → `InstanceList`.
    static func name(of type: any Decodable.Type) -> String {
        let text = String(describing: type)
        func short(_ text: Substring) -> String {
            let own = text.split(separator: ".").last ?? text
            return String(own.hasSuffix("Document") ? own.dropLast("Document".count) : own)
        }
        guard let open = text.firstIndex(of: "<") else { return short(text[...]) }
        return short(text[text.index(after: open)...].dropLast()) + short(text[..<open])
    }

    private static func plain(_ type: any Decodable.Type) -> ConfigValue? {
        func of(_ name: String, _ more: [String: ConfigValue] = [:]) -> ConfigValue {
            .object(more.merging(["type": .string(name)]) { first, _ in first })
        }
        if type == String.self { return of("string") }
        if type == Bool.self { return of("boolean") }
        if type == Double.self { return of("number") }
        if type == Timestamp.self { return of("string", ["format": .string("date-time")]) }
        if type == JSONValue.self { return .object([:]) }
        if type is any UnsignedInteger.Type { return of("integer", ["minimum": .int(0)]) }
        if type is any FixedWidthInteger.Type { return of("integer") }
        return nil
    }
}

/// What a probe knows without asking.
private protocol ProbedList { static var elementType: any Decodable.Type { get } }
private protocol ProbedMap { static var valueType: any Decodable.Type { get } }
private protocol ProbedWords { static var allWords: [String] { get } }

extension Array: ProbedList where Element: Decodable {
    fileprivate static var elementType: any Decodable.Type { Element.self }
}

extension Dictionary: ProbedMap where Key == String, Value: Decodable {
    fileprivate static var valueType: any Decodable.Type { Value.self }
}

extension InstanceDocument.Sync: ProbedWords {
    fileprivate static var allWords: [String] { [synced.rawValue, outOfSync.rawValue] }
}

/// The keys of one object, as its decoding asks for them.
private final class ProbeRecorder {
    let probe: SchemaProbe
    private var properties: [String: ConfigValue] = [:]
    private var optional: Set<String> = []

    init(probe: SchemaProbe) { self.probe = probe }

    /// Only what may be missing is looked for before it is read.
    func looked(for key: String) { optional.insert(key) }

    func read(_ key: String, _ type: any Decodable.Type) { properties[key] = probe.schema(of: type) }

    var schema: ConfigValue {
        let required = properties.keys.filter { !optional.contains($0) }.sorted()
        var schema: [String: ConfigValue] = [
            "type": .string("object"), "properties": .object(properties),
        ]
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
        return .object(schema)
    }
}

private struct ProbeEnd: Error {}

private struct ProbeDecoder: Decoder {
    let recorder: ProbeRecorder
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ProbeContainer<Key>(recorder: recorder))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { ProbeEmptyList() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw ProbeEnd() }
}

private struct ProbeContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: ProbeRecorder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool {
        recorder.looked(for: key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) throws -> Bool { false }

    private func note<T: Decodable>(_ key: Key, _ value: T) -> T {
        recorder.read(key.stringValue, T.self)
        return value
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { note(key, false) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { note(key, "") }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { note(key, 0) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { note(key, 0) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { note(key, 0) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { note(key, 0) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { note(key, 0) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { note(key, 0) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { note(key, 0) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { note(key, 0) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { note(key, 0) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { note(key, 0) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { note(key, 0) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { note(key, 0) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        recorder.read(key.stringValue, type)
        // Of what can be made of nothing the value does not matter; the rest is decoded once more, from a
        // decoder whose notes nobody reads, so that the keys behind this one are asked for, too.
        if let timestamp = Timestamp(WallTime(nanoseconds: 0)) as? T { return timestamp }
        if let sync = InstanceDocument.Sync.synced as? T { return sync }
        if let any = JSONValue(.null) as? T { return any }
        return try T(from: ProbeDecoder(recorder: ProbeRecorder(probe: recorder.probe)))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw ProbeEnd() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw ProbeEnd() }
    func superDecoder() throws -> any Decoder { throw ProbeEnd() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ProbeEnd() }
}

/// Whatever list it is, it is empty.
private struct ProbeEmptyList: UnkeyedDecodingContainer {
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 0 }
    var isAtEnd: Bool { true }
    var currentIndex: Int { 0 }

    mutating func decodeNil() throws -> Bool { throw ProbeEnd() }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { throw ProbeEnd() }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { throw ProbeEnd() }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw ProbeEnd() }
    mutating func superDecoder() throws -> any Decoder { throw ProbeEnd() }
}
