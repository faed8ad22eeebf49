extension SchemaDecoder {
    /// Reads a value by its type; nil where it was reported.
    mutating func value(_ node: Node, _ type: SchemaType) -> CheckedValue? {
        switch type {
        case .object(let schema): return object(node, schema).map { .object($0) }
        case .reference(_, let schema): return object(node, schema()).map { .object($0) }
        case .list(let item, let count): return list(node, item, count)
        case .oneOrMore(let rule, let max):
            if case .sequence = node.content { return list(node, .text(rule), 1...max) }
            return value(node, .text(rule)).map { .list([$0]) }
        case .map(let keys, let values, let max): return map(node, keys: keys, values: values, max: max)
        case .anyValue: return config(node).map { .config($0) }
        case .anyMapping:
            if case .mapping = node.content { return CheckedValue.none }
            wrongType(node, "a mapping")
            return nil
        default: break
        }
        guard case .scalar(let scalar) = node.content else {
            wrongType(node, Self.wanted(type))
            return nil
        }
        return self.scalar(scalar, node, type)
    }

    private mutating func scalar(_ scalar: Node.Scalar, _ node: Node, _ type: SchemaType) -> CheckedValue? {
        switch type {
        case .string(let rule): return string(scalar, node, rule)
        case .text(let rule): return text(scalar, node, rule)
        case .integer(let range): return integer(scalar, node, range)
        case .number(let range): return number(scalar, node, range)
        case .boolean: return boolean(scalar, node)
        case .enumeration(let choices): return choice(scalar, node, choices)
        case .umask: return umask(scalar, node)
        case .duration(let range):
            return quantity(
                scalar, node, .invalidDuration, "duration", Quantities.duration, range, Quantities.text
            )
            .map { .duration($0) }
        case .size(let range):
            return quantity(
                scalar, node, .invalidSize, "size", Quantities.size, range, Quantities.text(size:)
            )
            .map { .size($0) }
        case .cpu:
            return read(scalar, node, .invalidQuantity, "CPU quantity", Quantities.cpu).map { .size($0) }
        case .coreSize:
            return read(scalar, node, .invalidSize, "size", Quantities.coreSize).map { .size($0) }
        case .version:
            return read(scalar, node, .invalidVersion, "semantic version", { SemanticVersion($0) }).map {
                .version($0)
            }
        case .unitReference: return reference(scalar, node)
        case .signal(let catchable): return signal(scalar, node, catchable: catchable)
        case .port: return port(scalar, node)
        case .cron: return cron(scalar, node)
        case .calendar: return calendar(scalar, node)
        case .timestamp:
            return read(scalar, node, .invalidTime, "point in time", Timestamps.seconds).map { .int($0) }
        case .timeOfDay:
            return read(scalar, node, .invalidTime, "time of day", Timestamps.minutes).map { .int($0) }
        case .object, .reference, .list, .oneOrMore, .map, .anyValue, .anyMapping: return nil
        }
    }

    // MARK: Strings

    private mutating func string(_ scalar: Node.Scalar, _ node: Node, _ rule: StringRule) -> CheckedValue? {
        guard ScalarKind(of: scalar) == .string else {
            if scalar.text.isEmpty {
                report(.emptyValue, node.mark, "a value is missing here")
            } else {
                report(
                    .wrongType, node.mark, "a string is wanted here, not \(node.describedType)",
                    help: "put it in quotes: \"\(scalar.text)\"")
            }
            return nil
        }
        return ruled(scalar.text, node, rule)
    }

    private mutating func text(_ scalar: Node.Scalar, _ node: Node, _ rule: StringRule) -> CheckedValue? {
        if ScalarKind(of: scalar) == .null {
            report(.emptyValue, node.mark, "a value is missing here", help: "write \"\" for an empty text")
            return nil
        }
        return ruled(scalar.text, node, rule)
    }

    private mutating func ruled(_ text: String, _ node: Node, _ rule: StringRule) -> CheckedValue? {
        if rule.accepts(text) { return .string(text) }
        if text.utf8.count > StringRule.lengthMax {
            report(.outOfRange, node.mark, "the text is longer than \(StringRule.lengthMax) bytes")
        } else {
            report(
                rule.code, node.mark, "'\(text)' is no valid \(rule.label)",
                help: rule.remedy.isEmpty ? nil : "write \(rule.remedy)")
        }
        return nil
    }

    private mutating func choice(
        _ scalar: Node.Scalar, _ node: Node, _ choices: [SchemaType.Choice]
    ) -> CheckedValue? {
        let supported = choices.filter { !$0.later }.map(\.value)
        guard let found = choices.first(where: { $0.value == scalar.text }) else {
            let hint = EditDistance.suggestion(for: scalar.text, among: supported)
            report(
                .invalidValue, node.mark, "'\(scalar.text)' is not allowed here\(hint)",
                help: "write one of: \(supported.joined(separator: ", "))")
            return nil
        }
        if found.later {
            notYet(
                "'\(found.value)'", node.mark, "supported now: \(supported.joined(separator: ", "))")
            return nil
        }
        return .string(found.value)
    }

    // MARK: Numbers

    private mutating func integer(
        _ scalar: Node.Scalar, _ node: Node, _ range: ClosedRange<Int64>
    ) -> CheckedValue? {
        guard case .int(let value) = ScalarKind(of: scalar) else {
            wrongType(node, "an integer")
            return nil
        }
        guard range.contains(value) else {
            outOfRange(node, scalar.text, "\(range.lowerBound)", "\(range.upperBound)")
            return nil
        }
        return .int(value)
    }

    private mutating func number(
        _ scalar: Node.Scalar, _ node: Node, _ range: ClosedRange<Double>
    ) -> CheckedValue? {
        let value: Double
        switch ScalarKind(of: scalar) {
        case .int(let number): value = Double(number)
        case .float(let number): value = number
        default:
            wrongType(node, "a number")
            return nil
        }
        guard range.contains(value) else {
            outOfRange(
                node, scalar.text, ConfigChecker.plain(range.lowerBound),
                ConfigChecker.plain(range.upperBound))
            return nil
        }
        return .number(value)
    }

    private mutating func boolean(_ scalar: Node.Scalar, _ node: Node) -> CheckedValue? {
        if case .bool(let value) = ScalarKind(of: scalar) { return .bool(value) }
        switch scalar.text.lowercased() {
        case "yes", "on", "y", "true":
            report(.wrongType, node.mark, "'\(scalar.text)' is a string, not a boolean", help: "write true")
        case "no", "off", "n", "false":
            report(.wrongType, node.mark, "'\(scalar.text)' is a string, not a boolean", help: "write false")
        default: wrongType(node, "true or false")
        }
        return nil
    }

    /// Octal digits in quotes: YAML would read a bare 0022 as the decimal number 22.
    private mutating func umask(_ scalar: Node.Scalar, _ node: Node) -> CheckedValue? {
        let isQuoted = ScalarKind(of: scalar) == .string
        guard isQuoted, (3...4).contains(scalar.text.utf8.count), let mask = UInt32(scalar.text, radix: 8),
            mask <= 0o777
        else {
            report(
                isQuoted ? .invalidValue : .wrongType, node.mark, "'\(scalar.text)' is no umask",
                help: "write three or four octal digits in quotes: \"0022\"")
            return nil
        }
        return .umask(mask)
    }

    // MARK: Quantities

    private mutating func read<T>(
        _ scalar: Node.Scalar, _ node: Node, _ code: DiagnosticCode, _ what: String, _ parse: (String) -> T?
    ) -> T? {
        if let value = parse(scalar.text) { return value }
        report(code, node.mark, "'\(scalar.text)' is no \(what)")
        return nil
    }

    private mutating func quantity<T: Comparable>(
        _ scalar: Node.Scalar, _ node: Node, _ code: DiagnosticCode, _ what: String,
        _ parse: (String) -> T?, _ range: ClosedRange<T>, _ text: (T) -> String
    ) -> T? {
        guard let value = read(scalar, node, code, what, parse) else { return nil }
        if range.contains(value) { return value }
        outOfRange(node, scalar.text, text(range.lowerBound), text(range.upperBound))
        return nil
    }

    // MARK: Messages

    mutating func wrongType(_ node: Node, _ wanted: String) {
        if node.isNull {
            report(.emptyValue, node.mark, "\(wanted) is wanted here, and nothing is written")
        } else {
            report(
                .wrongType, node.mark, "\(wanted) is wanted here, not \(node.describedType)",
                help: Self.example(of: wanted))
        }
    }

    private mutating func outOfRange(_ node: Node, _ text: String, _ low: String, _ high: String) {
        let name = Schema.components(of: path).last { $0.first != "[" }
        let subject = name.map { "\(text) is out of range for '\($0)'" } ?? "\(text) is out of range"
        report(.outOfRange, node.mark, subject, help: "write a value from \(low) to \(high)")
    }

    private static func example(of wanted: String) -> String {
        switch wanted {
        case "a list": "write [a, b], or each item on a line of its own after '- '"
        case "a mapping": "write {key: value}, or each 'key: value' on a line of its own"
        default: "write \(wanted)"
        }
    }

    private static func wanted(_ type: SchemaType) -> String {
        switch type {
        case .integer: "an integer"
        case .boolean: "true or false"
        case .enumeration: "one word"
        case .umask: "an umask"
        default: "a \(type.label)"
        }
    }
}
