/// `config.fields` and what is nested in them. The tables are recursive here, so the walk is too: as deep as
/// documents may nest.
struct ConfigFieldDecoding {
    var decoder: SchemaDecoder

    mutating func fields(_ objects: [CheckedObject], path: String) -> [ConfigField] {
        var result: [ConfigField] = []
        for (index, object) in objects.enumerated() {
            guard let field = field(object, path: "\(path)[\(index)]", name: object.string("name")) else {
                continue
            }
            if result.contains(where: { $0.name == field.name }) {
                decoder.report(
                    .duplicateItem, decoder.mark(of: "\(path)[\(index)].name"),
                    "two config fields are called '\(field.name)'")
            }
            result.append(field)
        }
        return result
    }

    private mutating func field(_ object: CheckedObject, path: String, name: String?) -> ConfigField? {
        guard let type: ConfigField.FieldType = object.choice("type"), let name else { return nil }
        var field = ConfigField(name: name, type: type)
        field.required = object.bool("required") ?? false
        field.min = object.number("min")
        field.max = object.number("max")
        field.minLength = object.integer("minLength")
        field.maxLength = object.integer("maxLength")
        field.pattern = object.string("pattern")
        field.secret = object.bool("secret") ?? false
        field.doc = object.string("doc")
        field.enumeration = object.list("enum").compactMap {
            if case .config(let value) = $0 { value } else { nil }
        }
        if case .config(let value)? = object["default"] { field.defaultValue = value }
        if case .object(let items)? = object["items"] {
            field.items = self.field(items, path: "\(path).items", name: "").map { [$0] } ?? []
        }
        field.fields = fields(object.objects("fields"), path: "\(path).fields")
        ConfigFieldRules(field: field, path: path).check(&decoder)
        return field
    }
}
