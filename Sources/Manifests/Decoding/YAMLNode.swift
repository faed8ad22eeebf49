/// A line and a column, from 1; columns count Unicode scalars.
struct Mark: Sendable, Hashable {
    var line: Int32
    var column: Int32

    var position: DeclarationSource.Position { .init(line: line, column: column) }
}

/// One value of a document, with the place where it begins.
struct Node: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Pair])
    }

    struct Scalar: Sendable {
        var text: String
        /// Plain scalars are read by the core schema; quoted and block ones are strings.
        var style: Style
    }

    enum Style: Sendable { case plain, string, int, float, bool, null }

    struct Pair: Sendable {
        var key: String
        var keyMark: Mark
        var value: Node
    }

    var content: Content
    var mark: Mark

    /// "a mapping", as messages say it.
    var describedType: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar):
            switch ScalarKind(of: scalar) {
            case .null: "empty"
            case .bool: "a boolean"
            case .int: "an integer"
            case .float: "a number"
            case .string: "a string"
            }
        }
    }

    var isNull: Bool {
        if case .scalar(let scalar) = content { return ScalarKind(of: scalar) == .null }
        return false
    }
}

/// What a scalar is under the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are strings.
enum ScalarKind: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string

    init(of scalar: Node.Scalar) {
        switch scalar.style {
        case .plain: self = Self.plain(scalar.text)
        case .string: self = .string
        case .null: self = .null
        // A tag forces the type; the tree's builder has checked that the text fits it.
        case .int, .float, .bool: self = Self.plain(scalar.text)
        }
    }

    static func plain(_ text: String) -> ScalarKind {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "~"):
            return text == "null" || text == "~" || text == "Null" || text == "NULL" ? .null : .string
        case UInt8(ascii: "t"), UInt8(ascii: "T"):
            return text == "true" || text == "True" || text == "TRUE" ? .bool(true) : .string
        case UInt8(ascii: "f"), UInt8(ascii: "F"):
            return text == "false" || text == "False" || text == "FALSE" ? .bool(false) : .string
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            return number(text)
        default: return .string
        }
    }

    private static func number(_ text: String) -> ScalarKind {
        if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16).map { .int($0) } ?? .string }
        if text.hasPrefix("0o") { return Int64(text.dropFirst(2), radix: 8).map { .int($0) } ?? .string }
        var digits = Substring(text)
        if digits.first == "-" || digits.first == "+" { digits = digits.dropFirst() }
        if !digits.isEmpty, digits.utf8.allSatisfy(isDigit) {
            if let value = Int64(text) { return .int(value) }
            return Double(text).map { .float($0) } ?? .string
        }
        return isFloat(digits.utf8) ? Double(text).map { .float($0) } ?? .string : .string
    }

    /// `[0-9]*` `.` `[0-9]*` with a digit somewhere, and an exponent if wanted. Infinities and NaN stay
    /// strings: no field of Plumb means them.
    private static func isFloat(_ text: Substring.UTF8View) -> Bool {
        var rest = text
        var digits = 0
        func skip(_ count: inout Int) {
            let run = rest.prefix(while: isDigit)
            count += run.count
            rest = rest.dropFirst(run.count)
        }
        skip(&digits)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            skip(&digits)
        }
        guard digits > 0 else { return false }
        if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            var exponent = 0
            skip(&exponent)
            guard exponent > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
