/// One field that a Unit's configuration may have.
package struct ConfigField: Sendable, Hashable {
    package enum FieldType: String, Sendable, Hashable, CaseIterable {
        case string, int, number, bool, array, object
    }

    package var name: String
    package var type: FieldType
    package var required: Bool
    package var defaultValue: ConfigValue?
    package var min: Double?
    package var max: Double?
    package var minLength: Int?
    package var maxLength: Int?
    package var pattern: String?
    package var enumeration: [ConfigValue]
    /// The type of an array's items; one entry at most.
    package var items: [ConfigField]
    /// The fields of an object; empty means that any key may stand there.
    package var fields: [ConfigField]
    /// The value is a secret: an Instance may only reference it.
    package var secret: Bool
    package var doc: String?

    package init(
        name: String, type: FieldType, required: Bool = false, defaultValue: ConfigValue? = nil,
        min: Double? = nil, max: Double? = nil, minLength: Int? = nil, maxLength: Int? = nil,
        pattern: String? = nil, enumeration: [ConfigValue] = [], items: [ConfigField] = [],
        fields: [ConfigField] = [], secret: Bool = false, doc: String? = nil
    ) {
        self.name = name
        self.type = type
        self.required = required
        self.defaultValue = defaultValue
        self.min = min
        self.max = max
        self.minLength = minLength
        self.maxLength = maxLength
        self.pattern = pattern
        self.enumeration = enumeration
        self.items = items
        self.fields = fields
        self.secret = secret
        self.doc = doc
    }
}

/// How a configuration reaches the program.
package struct ConfigApply: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// One variable a field: `maxConns` → `MAX_CONNS`; arrays and objects as JSON.
        case env
        /// One argument a field, after `entry.args`: `--max-conns=5`.
        case args
        /// One file in the run's config directory; its path is in `PLUMB_CONFIG_PATH`.
        case file
    }
    package enum Format: String, Sendable, Hashable, CaseIterable { case json, yaml }

    package var method: Method
    /// Before each variable's name (env only).
    package var prefix: String
    /// The file's name (file only).
    package var fileName: String
    package var format: Format

    package init(
        method: Method = .env, prefix: String = "", fileName: String = "config.json", format: Format = .json
    ) {
        self.method = method
        self.prefix = prefix
        self.fileName = fileName
        self.format = format
    }
}
