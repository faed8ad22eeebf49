extension Schema {
    /// The JSON Schema (draft 2020-12) of one kind, or of all, for editors. Equal tables give equal bytes.
    package static func jsonSchema(kind: Kind?) -> String {
        var builder = JSONSchemaBuilder()
        let kinds = kind.map { [$0] } ?? Kind.allCases
        let references = kinds.map { kind -> JSONText in
            builder.define(kind.rawValue, document(of: kind))
            return .object([("$ref", .string("#/$defs/\(kind.rawValue)"))])
        }
        var root: [(String, JSONText)] = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("$id", .string("https://plumb.dev/schemas/v1/\(kind?.rawValue.lowercased() ?? "all").json")),
            ("title", .string(kind.map { "Plumb \($0.rawValue)" } ?? "Plumb declarations")),
        ]
        if references.count == 1 {
            root.append(("$ref", .string("#/$defs/\(kinds[0].rawValue)")))
        } else {
            root.append(("oneOf", .array(references)))
        }
        root.append(("$defs", .object(builder.definitions)))
        return JSONText.object(root).pretty() + "\n"
    }
}

/// Tables → definitions. What this version refuses is left out, so that an editor does not offer it.
private struct JSONSchemaBuilder {
    private(set) var definitions: [(String, JSONText)] = []
    private var names: Set<String> = []

    mutating func define(_ name: String, _ schema: ObjectSchema) {
        guard names.insert(name).inserted else { return }
        // Its place is taken first: a table may hold itself.
        definitions.append((name, .object([])))
        let index = definitions.count - 1
        definitions[index].1 = .object(object(schema))
    }

    private mutating func object(_ schema: ObjectSchema) -> [(String, JSONText)] {
        var properties: [(String, JSONText)] = []
        for field in schema.fields {
            if case .later = field.support { continue }
            properties.append((field.key, .object(self.field(field))))
        }
        var result: [(String, JSONText)] = [("type", .string("object")), ("properties", .object(properties))]
        let required = schema.fields.filter(\.required).map { JSONText.string($0.key) }
        if !required.isEmpty { result.append(("required", .array(required))) }
        result.append(("additionalProperties", .bool(false)))
        return result
    }

    private mutating func field(_ field: SchemaField) -> [(String, JSONText)] {
        var result: [(String, JSONText)] = [("description", .string(field.doc))]
        if case .only(let value, _) = field.support {
            result.append(("const", .value(value)))
        } else if field.nullable {
            let type = type(field.type)
            result.append(("anyOf", .array([.object(type), .object([("type", .string("null"))])])))
        } else {
            result += type(field.type)
        }
        if let text = field.defaultText { result.append(("default", defaultValue(text, field.type))) }
        return result
    }

    private func defaultValue(_ text: String, _ type: SchemaType) -> JSONText {
        switch (type, ScalarKind.plain(text)) {
        case (.integer, .int(let number)), (.number, .int(let number)): .value(.int(number))
        case (.number, .float(let number)): .value(.double(number))
        case (.boolean, .bool(let flag)): .bool(flag)
        case (_, .null) where text == "null": .value(.null)
        default: .string(text)
        }
    }

    private mutating func type(_ type: SchemaType) -> [(String, JSONText)] {
        switch type {
        case .string(let rule): return string(pattern: rule.jsonPattern)
        case .text(let rule):
            // The text may be written as a number or a boolean; then no pattern applies to it.
            var result: [(String, JSONText)] = [("type", .strings(["string", "number", "boolean"]))]
            if let pattern = rule.jsonPattern { result.append(("pattern", .string(pattern))) }
            return result
        case .integer(let range):
            return [
                ("type", .string("integer")), ("minimum", .value(.int(range.lowerBound))),
                ("maximum", .value(.int(range.upperBound))),
            ]
        case .number(let range):
            var result: [(String, JSONText)] = [("type", .string("number"))]
            // Bounds that only keep infinity away say nothing to a reader.
            if range.upperBound < 1e300 {
                result.append(("minimum", .value(.double(range.lowerBound))))
                result.append(("maximum", .value(.double(range.upperBound))))
            }
            return result
        case .boolean: return [("type", .string("boolean"))]
        case .duration: return string(pattern: "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$")
        case .size: return sized("^[0-9]+(Ki|Mi|Gi|Ti|k|K|M|G|T)?$")
        case .cpu: return sized("^[0-9]+(\\.[0-9]+|m)?$")
        case .coreSize: return sized("^([0-9]+(Ki|Mi|Gi|Ti|k|K|M|G|T)?|unlimited)$")
        case .enumeration(let choices):
            return [("enum", .strings(choices.filter { !$0.later }.map(\.value)))]
        case .version:
            return string(pattern: "^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$")
        case .unitReference: return string(pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(@.+)?$")
        case .signal: return string(pattern: "^SIG[A-Z0-9]+(\\+[0-9]+)?$")
        case .umask: return string(pattern: "^0?[0-7]{3}$")
        case .port: return sized("^[0-9]+(\\+index)?$")
        case .cron, .calendar: return string(pattern: ".")
        case .timestamp: return string(pattern: "^[0-9-]{10}[Tt][0-9:]{8}(Z|z|[+-][0-9:]{5})$")
        case .timeOfDay: return string(pattern: "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
        case .object(let schema): return object(schema)
        case .reference(let name, let schema):
            define(name, schema())
            return [("$ref", .string("#/$defs/\(name)"))]
        case .list(let item, let count): return list(item, count)
        case .oneOrMore(let rule, let max):
            let (one, many) = (self.type(.text(rule)), self.list(.text(rule), 1...max))
            return [("anyOf", .array([.object(one), .object(many)]))]
        case .map(let keys, let values, let max): return map(keys, values, max)
        case .anyValue: return []
        case .anyMapping: return [("type", .string("object"))]
        }
    }

    private func string(pattern: String?) -> [(String, JSONText)] {
        [("type", .string("string"))] + (pattern.map { [("pattern", .string($0))] } ?? [])
    }

    /// A number, or a text with a unit.
    private func sized(_ pattern: String) -> [(String, JSONText)] {
        [
            ("type", .strings(["integer", "number", "string"])), ("minimum", .value(.int(0))),
            ("pattern", .string(pattern)),
        ]
    }

    private mutating func list(_ item: SchemaType, _ count: ClosedRange<Int>) -> [(String, JSONText)] {
        var result: [(String, JSONText)] = [("type", .string("array")), ("items", .object(type(item)))]
        if count.lowerBound > 0 { result.append(("minItems", .value(.int(Int64(count.lowerBound))))) }
        result.append(("maxItems", .value(.int(Int64(count.upperBound)))))
        return result
    }

    private mutating func map(_ keys: StringRule, _ values: SchemaType, _ max: Int) -> [(String, JSONText)] {
        var result: [(String, JSONText)] = [("type", .string("object"))]
        if let pattern = keys.jsonPattern {
            result.append(("propertyNames", .object([("pattern", .string(pattern))])))
        }
        result.append(("additionalProperties", .object(type(values))))
        result.append(("maxProperties", .value(.int(Int64(max)))))
        return result
    }
}
