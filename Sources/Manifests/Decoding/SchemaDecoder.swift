/// Walks one document along its schema: reports what does not fit, notes where each field stands, and hands
/// out typed values.
struct SchemaDecoder {
    let file: String
    var problems: [Diagnostic] = []
    /// Dotted path of the value → its place.
    private(set) var positions: [String: DeclarationSource.Position] = [:]
    /// The path of the value that is being read.
    var path = ""

    /// `fields` is about how many places will be noted.
    init(file: String, fields: Int = 0) {
        self.file = file
        positions.reserveCapacity(fields)
    }

    func place(_ mark: Mark) -> Location {
        Location(file: file, line: Int(mark.line), column: Int(mark.column))
    }

    mutating func report(_ code: DiagnosticCode, _ mark: Mark, _ message: String, help: String? = nil) {
        problems.append(Diagnostic(code, at: place(mark), message, help: help))
    }

    /// Reads a default of a table by the rules of written values; nil where the table contradicts itself,
    /// which a test looks for.
    static func defaultValue(_ text: String, of type: SchemaType) -> CheckedValue? {
        var decoder = SchemaDecoder(file: "")
        let style: Node.Style
        switch type {
        case .string, .text, .umask: style = .string
        default: style = .plain
        }
        let node = Node(
            content: .scalar(.init(text: text, style: style)), mark: Mark(line: 1, column: 1))
        return decoder.value(node, type)
    }

    // MARK: Mappings

    /// nil where the node is no mapping; else what could be read of it.
    mutating func object(_ node: Node, _ schema: ObjectSchema) -> CheckedObject? {
        guard case .mapping(let pairs) = node.content else {
            wrongType(node, "a mapping")
            return nil
        }
        var result = CheckedObject(schema: schema)
        let outer = path
        for pair in pairs {
            guard let index = schema.index(of: pair.key) else {
                unknownKey(pair, schema)
                continue
            }
            enter(pair.key, pair.value.mark)
            let field = schema.fields[index]
            if let value = fieldValue(pair, field) {
                result.slots[index] = .value(value)
            } else {
                result.slots[index] = .invalid
            }
            path = outer
        }
        for index in schema.requiredFields {
            let field = schema.fields[index]
            if case .absent = result.slots[index] {
                let help = "add '\(field.key):', \(Self.lowerFirst(field.doc))"
                report(.missingField, node.mark, "\(schema.name) needs '\(field.key)'", help: help)
                result.slots[index] = .invalid
            }
        }
        return result
    }

    private mutating func fieldValue(_ pair: Node.Pair, _ field: SchemaField) -> CheckedValue? {
        switch field.support {
        case .full: break
        case .later(let instead):
            notYet("'\(field.key)'", pair.keyMark, instead)
            return nil
        case .only(let accepted, let instead):
            guard let value = value(pair.value, field.type) else { return nil }
            guard value.matches(accepted) else {
                let text = ConfigText.json(accepted)
                notYet("'\(field.key)' other than \(text)", pair.value.mark, instead)
                return nil
            }
            return value
        }
        if pair.value.isNull {
            if field.nullable { return CheckedValue.none }
            if case .anyValue = field.type { return value(pair.value, field.type) }
            report(.emptyValue, pair.value.mark, "'\(field.key)' has no value")
            return nil
        }
        return value(pair.value, field.type)
    }

    private mutating func unknownKey(_ pair: Node.Pair, _ schema: ObjectSchema) {
        let keys = schema.fields.map(\.key)
        let nearest = EditDistance.nearest(to: pair.key, among: keys)
        if let instead = schema.laterKeys, nearest == nil {
            notYet("'\(pair.key)'", pair.keyMark, instead)
            return
        }
        let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
        report(
            .unknownKey, pair.keyMark, "unknown key '\(pair.key)'\(hint)",
            help: "\(schema.name) has the keys: \(keys.joined(separator: ", "))")
    }

    mutating func notYet(_ what: String, _ mark: Mark, _ instead: String) {
        let version = PlumbVersion.current
        report(
            .notYetSupported, mark, "\(what) is not supported by plumb \(version) yet", help: instead)
    }

    mutating func map(_ node: Node, keys: StringRule, values: SchemaType, max: Int) -> CheckedValue? {
        guard case .mapping(let pairs) = node.content else {
            wrongType(node, "a mapping")
            return nil
        }
        if pairs.count > max {
            report(.outOfRange, node.mark, "at most \(max) entries may stand here, not \(pairs.count)")
            return nil
        }
        var result: [String: CheckedValue] = [:]
        result.reserveCapacity(pairs.count)
        let outer = path
        var isValid = true
        for pair in pairs {
            enter(pair.key, pair.value.mark)
            if !keys.accepts(pair.key) {
                report(
                    .invalidName, pair.keyMark, "'\(pair.key)' is not allowed as a key here",
                    help: "write \(keys.remedy)")
                isValid = false
            }
            if let value = value(pair.value, values) { result[pair.key] = value } else { isValid = false }
            path = outer
        }
        return isValid ? .map(result) : nil
    }

    mutating func list(_ node: Node, _ type: SchemaType, _ count: ClosedRange<Int>) -> CheckedValue? {
        guard case .sequence(let items) = node.content else {
            wrongType(node, "a list")
            return nil
        }
        guard count.contains(items.count) else {
            let message =
                items.count < count.lowerBound
                ? "at least \(count.lowerBound) item must stand here"
                : "at most \(count.upperBound) items may stand here, not \(items.count)"
            report(.outOfRange, node.mark, message)
            return nil
        }
        var result: [CheckedValue] = []
        result.reserveCapacity(items.count)
        let outer = path
        for (index, item) in items.enumerated() {
            enter(index: index, item.mark)
            if let value = value(item, type) { result.append(value) }
            path = outer
        }
        return result.count == items.count ? .list(result) : nil
    }

    // MARK: Paths

    /// One new text a field: the table of positions keeps it, nothing is cut off it again.
    mutating func enter(_ key: String, _ mark: Mark) {
        path = path.isEmpty ? key : path + "." + key
        positions[path] = mark.position
    }

    mutating func enter(index: Int, _ mark: Mark) {
        path += "[\(index)]"
        positions[path] = mark.position
    }

    static func lowerFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
}

extension CheckedValue {
    fileprivate func matches(_ other: ConfigValue) -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        default: false
        }
    }
}
