/// The rules within one declared config field: its bounds must make sense, and its default must keep them.
struct ConfigFieldRules {
    let field: ConfigField
    /// `spec.config.fields[2]`
    let path: String

    func check(_ decoder: inout SchemaDecoder) {
        checkApplies(&decoder)
        checkOrder(&decoder)
        for (index, value) in field.enumeration.enumerated() where !ConfigChecker.hasType(value, field) {
            decoder.report(
                .configSchema, decoder.mark(of: "\(path).enum[\(index)]"),
                "\(ConfigChecker.shown(value)) in 'enum' is no \(field.type.rawValue)")
        }
        guard let value = field.defaultValue else { return }
        if field.secret {
            decoder.report(
                .plainSecret, decoder.mark(of: "\(path).default"),
                "the secret field '\(field.name)' cannot have a default",
                help: "remove it; each Instance references a file: {file: name}")
            return
        }
        guard value != .null else { return }
        var checker = ConfigChecker()
        checker.check(value, field, path: "")
        for problem in checker.problems {
            decoder.report(
                problem.code, decoder.mark(of: "\(path).default\(problem.path)"),
                "the default of '\(field.name)': \(problem.message)")
        }
    }

    /// A bound that its type does not have would be ignored in silence.
    private func checkApplies(_ decoder: inout SchemaDecoder) {
        let isNumber = field.type == .int || field.type == .number
        let hasLength = field.type == .string || field.type == .array
        let wrong: [(String, Bool)] = [
            ("min", field.min != nil && !isNumber), ("max", field.max != nil && !isNumber),
            ("minLength", field.minLength != nil && !hasLength),
            ("maxLength", field.maxLength != nil && !hasLength),
            ("pattern", field.pattern != nil && field.type != .string),
            ("items", !field.items.isEmpty && field.type != .array),
            ("fields", !field.fields.isEmpty && field.type != .object),
            ("secret", field.secret && field.type != .string),
        ]
        for (key, isWrong) in wrong where isWrong {
            decoder.report(
                .configSchema, decoder.mark(of: "\(path).\(key)"),
                "'\(key)' has no meaning for a field of type \(field.type.rawValue)")
        }
    }

    private func checkOrder(_ decoder: inout SchemaDecoder) {
        if let min = field.min, let max = field.max, min > max {
            decoder.report(.configSchema, decoder.mark(of: "\(path).min"), "'min' is greater than 'max'")
        }
        if let min = field.minLength, let max = field.maxLength, min > max {
            decoder.report(
                .configSchema, decoder.mark(of: "\(path).minLength"),
                "'minLength' is greater than 'maxLength'")
        }
    }
}
