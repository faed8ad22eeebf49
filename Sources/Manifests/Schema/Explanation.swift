/// The documentation of one field or kind, from its table.
package struct Explanation: Sendable {
    package struct Field: Sendable {
        package var name: String
        package var type: String
        package var required: Bool
        package var doc: String
        /// False for fields that this version refuses.
        package var isSupported: Bool
    }

    /// `instance.spec.update`
    package var path: String
    package var type: String
    package var doc: String
    package var required: Bool
    /// As YAML writes it.
    package var defaultValue: String?
    package var bounds: String
    package var effect: FieldEffect?
    package var since: String?
    /// What to do instead, for what this version does not act on.
    package var unsupported: String?
    /// The keys below it.
    package var fields: [Field]
}

extension Schema {
    /// The documentation of `unit`, `instance.spec.update`, `unit.spec.endpoints.port`; the kind in any case.
    /// nil for a path that no table has.
    package static func explain(_ path: String) -> Explanation? {
        let components = components(of: path).filter { $0.first != "[" }
        guard let first = components.first, let kind = kind(named: first) else { return nil }
        let schema = document(of: kind)
        var result = Explanation(
            path: kind.rawValue.lowercased(), type: "mapping", doc: schema.field("spec")?.doc ?? "",
            required: false,
            defaultValue: nil, bounds: "", effect: nil, since: nil, unsupported: nil,
            fields: fields(of: schema))
        var current = schema
        for (index, component) in components.dropFirst().enumerated() {
            guard let field = current.field(component) else { return nil }
            let below = objectBelow(field.type)
            result = explanation(of: field, path: result.path + "." + field.key, below)
            guard let below else { return index + 2 == components.count ? result : nil }
            current = below
        }
        return result
    }

    /// Paths that may have been meant by one that is unknown: the nearest key where the path goes wrong.
    package static func explainSuggestions(for path: String) -> [String] {
        let components = components(of: path).filter { $0.first != "[" }
        guard let first = components.first else { return Kind.allCases.map { $0.rawValue.lowercased() } }
        guard let kind = kind(named: first) else {
            let kinds = Kind.allCases.map { $0.rawValue.lowercased() }
            return EditDistance.nearest(to: first, among: kinds).map { [$0] } ?? kinds
        }
        var known = kind.rawValue.lowercased()
        var current = document(of: kind)
        for component in components.dropFirst() {
            guard let field = current.field(component) else {
                let keys = current.fields.map(\.key)
                let near = EditDistance.nearest(to: component, among: keys).map { [$0] }
                return (near ?? keys).map { "\(known).\($0)" }
            }
            known += "." + field.key
            guard let below = objectBelow(field.type) else { return [known] }
            current = below
        }
        return []
    }

    private static func kind(named name: String) -> Kind? {
        Kind.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
    }

    private static func explanation(of field: SchemaField, path: String, _ below: ObjectSchema?)
        -> Explanation
    {
        var unsupported: String?
        switch field.support {
        case .full: break
        case .later(let instead): unsupported = instead
        case .only(let value, let instead): unsupported = "only \(ConfigText.json(value)); \(instead)"
        }
        return Explanation(
            path: path, type: field.type.label, doc: field.doc, required: field.required,
            defaultValue: field.defaultText, bounds: field.type.bounds, effect: field.effect,
            since: field.since,
            unsupported: unsupported, fields: below.map(fields) ?? [])
    }

    private static func fields(of schema: ObjectSchema) -> [Explanation.Field] {
        schema.fields.map { field in
            var isSupported = true
            if case .later = field.support { isSupported = false }
            return Explanation.Field(
                name: field.key, type: field.type.label, required: field.required, doc: field.doc,
                isSupported: isSupported)
        }
    }

    /// The table below a type: of an object, of a list's items, of a mapping's values.
    static func objectBelow(_ type: SchemaType) -> ObjectSchema? {
        switch type {
        case .object(let schema): schema
        case .reference(_, let schema): schema()
        case .list(let item, _): objectBelow(item)
        case .map(_, let values, _): objectBelow(values)
        default: nil
        }
    }
}
