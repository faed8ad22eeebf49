/// One row of a schema table: all that is known of one key. A class, since decoding looks at rows all the
/// time, and copies of a wide struct would cost more than the checks.
final class SchemaField: Sendable {
    let key: String
    let type: SchemaType
    let required: Bool
    /// An explicit `null` is a value of its own, and means "none".
    let nullable: Bool
    /// As YAML would write it; nil where there is none.
    let defaultText: String?
    let effect: FieldEffect
    /// One line, for people.
    let doc: String
    /// The version of Plumb that acts on it first.
    let since: String
    let support: Support

    /// How much of a field this version acts on. The rest is refused, never ignored.
    enum Support: Sendable {
        case full
        /// Nothing of it; the text says what to do instead.
        case later(instead: String)
        /// One value, which says that the feature is not wanted.
        case only(ConfigValue, instead: String)
    }

    /// The default, read once by the same rules as a value that is written.
    let defaultValue: CheckedValue?

    init(
        _ key: String, _ type: SchemaType, required: Bool = false, nullable: Bool = false,
        default defaultText: String? = nil, effect: FieldEffect, since: String = "0.1.0",
        support: Support = .full, _ doc: String
    ) {
        self.key = key
        self.type = type
        self.required = required
        self.nullable = nullable
        self.defaultText = defaultText
        self.effect = effect
        self.doc = doc
        self.since = since
        self.support = support
        defaultValue = defaultText.flatMap { SchemaDecoder.defaultValue($0, of: type) }
    }
}

/// The keys of one mapping.
final class ObjectSchema: Sendable {
    /// What messages call it: "an endpoint".
    let name: String
    let fields: [SchemaField]
    /// Where keys beyond the table are features of later versions; the text says what is supported.
    let laterKeys: String?
    /// Where the required ones stand in `fields`.
    let requiredFields: [Int]

    init(_ name: String, _ fields: [SchemaField], laterKeys: String? = nil) {
        self.name = name
        self.fields = fields
        self.laterKeys = laterKeys
        requiredFields = fields.indices.filter { fields[$0].required }
    }

    func index(of key: String) -> Int? { fields.firstIndex { $0.key == key } }

    func field(_ key: String) -> SchemaField? { index(of: key).map { fields[$0] } }
}
