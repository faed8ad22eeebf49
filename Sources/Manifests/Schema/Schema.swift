/// The tables of all kinds, and what can be asked of them.
package enum Schema {
    private static let plugin = EnvelopeSchema.document(.plugin, spec: .anyMapping, specRequired: false)

    static func document(of kind: Kind) -> ObjectSchema {
        switch kind {
        case .unit: UnitSchema.document
        case .instance: InstanceSchema.document
        case .schedule: ScheduleSchema.document
        case .plugin: plugin
        }
    }

    /// What changing a field does: `spec.update.maxUnavailable`, `spec.endpoints[0].labels.zone`.
    /// Keys below a free mapping have the effect of the mapping. nil for paths that no table has.
    package static func effect(of kind: Kind, path: String) -> FieldEffect? {
        var type = SchemaType.object(document(of: kind))
        var effect: FieldEffect?
        for component in components(of: path) {
            switch type {
            case .object(let schema):
                guard let field = schema.field(component) else { return nil }
                effect = field.effect
                type = field.type
            case .reference(_, let schema):
                guard let field = schema().field(component) else { return nil }
                effect = field.effect
                type = field.type
            case .map(_, let values, _): type = values
            case .list(let item, _):
                guard component.first == "[" else { return nil }
                type = item
            case .anyValue, .anyMapping: return effect
            default: return nil
            }
        }
        return effect
    }

    /// `spec.args[0].x` → `spec`, `args`, `[0]`, `x`.
    static func components(of path: String) -> [String] {
        var result: [String] = []
        var current = ""
        for character in path {
            if character == "." || character == "[" {
                if !current.isEmpty { result.append(current) }
                current = character == "[" ? "[" : ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { result.append(current) }
        return result
    }
}
