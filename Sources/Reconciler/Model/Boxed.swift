/// Keeps a wide value behind one pointer. What is remembered of ten thousand Instances is looked at in each
/// turn of the loop and changed rarely: a look costs no copy then, a change makes a new box. Encoded as the
/// value.
@propertyWrapper
package struct Boxed<Value: Sendable>: Sendable {
    private var box: Box<Value>

    package init(wrappedValue: Value) { box = Box(wrappedValue) }

    /// A getter, and no coroutine: of a value that is got the compiler takes the one field that is asked for,
    /// and a yielded one it copies whole.
    package var wrappedValue: Value {
        get { box.value }
        _modify {
            var value = box.value
            defer { box = Box(value) }
            yield &value
        }
    }
}

/// The same for a value that may be missing, which costs nothing then and is not encoded.
@propertyWrapper
package struct BoxedIfAny<Value: Sendable>: Sendable {
    private var box: Box<Value>?

    package init() { box = nil }
    package init(wrappedValue: Value?) { box = wrappedValue.map { Box($0) } }

    package var wrappedValue: Value? {
        get { box?.value }
        _modify {
            var value = box?.value
            defer { box = value.map { Box($0) } }
            yield &value
        }
    }
}

/// Never changed, so that it may be shared.
private final class Box<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}

extension Boxed: Equatable where Value: Equatable {
    package static func == (a: Boxed, b: Boxed) -> Bool { a.box === b.box || a.box.value == b.box.value }
}

extension Boxed: Hashable where Value: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(box.value) }
}

extension Boxed: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws { try box.value.encode(to: encoder) }
}

extension Boxed: Decodable where Value: Decodable {
    package init(from decoder: any Decoder) throws { box = Box(try Value(from: decoder)) }
}

extension BoxedIfAny: Equatable where Value: Equatable {
    package static func == (a: BoxedIfAny, b: BoxedIfAny) -> Bool {
        a.box === b.box || a.box?.value == b.box?.value
    }
}

extension BoxedIfAny: Hashable where Value: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(box?.value) }
}

extension BoxedIfAny: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(box?.value)
    }
}

extension BoxedIfAny: Decodable where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        self.init(wrappedValue: try decoder.singleValueContainer().decode(Value?.self))
    }
}

// What is missing is left out, as with an optional of its own: these are what the compiler's own coding of a
// struct calls for its properties.

extension KeyedDecodingContainer {
    package func decode<Value: Decodable>(
        _ type: BoxedIfAny<Value>.Type, forKey key: Key
    ) throws -> BoxedIfAny<Value> {
        BoxedIfAny(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}

extension KeyedEncodingContainer {
    package mutating func encode<Value: Encodable>(_ boxed: BoxedIfAny<Value>, forKey key: Key) throws {
        try encodeIfPresent(boxed.wrappedValue, forKey: key)
    }
}
