/// Scalars with a grammar of their own.
extension SchemaDecoder {
    /// Bytes of the range in a reference.
    private static let rangeLengthMax = 256

    mutating func reference(_ scalar: Node.Scalar, _ node: Node) -> CheckedValue? {
        let parts = scalar.text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard StringRule.name.accepts(name) else {
            report(
                .invalidName, node.mark, "'\(name)' is no valid name of a Unit",
                help: "write name or name@range, as in web@^1.4")
            return nil
        }
        let text = parts.count > 1 ? String(parts[1]) : "*"
        guard text.utf8.count <= Self.rangeLengthMax, let range = VersionRange(text) else {
            report(.invalidRange, node.mark, "'\(text)' is no range of versions")
            return nil
        }
        return .reference(UnitReference(name: name, range: range, text: text))
    }

    mutating func signal(_ scalar: Node.Scalar, _ node: Node, catchable: Bool) -> CheckedValue? {
        guard let signal = Signal(named: scalar.text) else {
            let upper = scalar.text.uppercased()
            let full = upper.hasPrefix("SIG") ? upper : "SIG" + upper
            let nearest =
                Signal(named: full)?.name
                ?? EditDistance.nearest(to: full, among: Signal.all.lazy.map(\.name))
            let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
            report(.invalidSignal, node.mark, "'\(scalar.text)' is no signal\(hint)")
            return nil
        }
        if catchable, signal.cannotBeCaught {
            report(
                .invalidSignal, node.mark, "a program cannot catch \(signal.name)",
                help: "write a signal that the program handles, as in SIGHUP")
            return nil
        }
        return .signal(signal)
    }

    mutating func port(_ scalar: Node.Scalar, _ node: Node) -> CheckedValue? {
        if scalar.text == "auto" {
            notYet("port 'auto'", node.mark, "supported now: N, N+index")
            return nil
        }
        let isIndexed = scalar.text.hasSuffix("+index")
        let digits = isIndexed ? scalar.text.dropLast("+index".count) : Substring(scalar.text)
        guard let number = UInt16(digits), number > 0, digits.utf8.first != UInt8(ascii: "+") else {
            report(.invalidPort, node.mark, "'\(scalar.text)' is no port")
            return nil
        }
        return .port(isIndexed ? .indexed(number) : .fixed(number))
    }

    mutating func cron(_ scalar: Node.Scalar, _ node: Node) -> CheckedValue? {
        expression(scalar, node, CronExpression.parse).map { .cron($0) }
    }

    mutating func calendar(_ scalar: Node.Scalar, _ node: Node) -> CheckedValue? {
        expression(scalar, node, CalendarExpression.parse).map { .calendar($0) }
    }

    /// What is wrong in it is shown where it stands in the line.
    private mutating func expression<T>(
        _ scalar: Node.Scalar, _ node: Node, _ parse: (String) throws(CalendarSyntaxError) -> T
    ) -> T? {
        guard ScalarKind(of: scalar) == .string, scalar.text.utf8.count <= StringRule.lengthMax else {
            wrongType(node, "a text")
            return nil
        }
        do {
            return try parse(scalar.text)
        } catch {
            var mark = node.mark
            // Quotes are no part of the text.
            if scalar.style == .string { mark.column += 1 }
            let before = scalar.text.utf8.prefix(error.offset)
            mark.column += Int32(String(decoding: before, as: UTF8.self).unicodeScalars.count)
            report(.invalidCalendar, mark, error.message, help: error.remedy)
            return nil
        }
    }

    /// Any value, with the places of everything within it.
    mutating func config(_ node: Node) -> ConfigValue? {
        let outer = path
        switch node.content {
        case .scalar(let scalar):
            switch ScalarKind(of: scalar) {
            case .null: return .null
            case .bool(let value): return .bool(value)
            case .int(let value): return .int(value)
            case .float(let value):
                guard value.isFinite else {
                    report(.outOfRange, node.mark, "\(scalar.text) is beyond what a number can hold")
                    return nil
                }
                return .double(value)
            case .string:
                // Neither an environment nor an argument could carry it.
                guard !scalar.text.utf8.contains(0) else {
                    report(.invalidValue, node.mark, "the text holds a NUL character", help: "remove it")
                    return nil
                }
                return .string(scalar.text)
            }
        case .sequence(let items):
            var values: [ConfigValue] = []
            values.reserveCapacity(items.count)
            for (index, item) in items.enumerated() {
                enter(index: index, item.mark)
                if let value = config(item) { values.append(value) }
                path = outer
            }
            return values.count == items.count ? .array(values) : nil
        case .mapping(let pairs):
            var values: [String: ConfigValue] = [:]
            values.reserveCapacity(pairs.count)
            for pair in pairs {
                enter(pair.key, pair.value.mark)
                if let value = config(pair.value) { values[pair.key] = value }
                path = outer
            }
            return values.count == pairs.count ? .object(values) : nil
        }
    }
}
