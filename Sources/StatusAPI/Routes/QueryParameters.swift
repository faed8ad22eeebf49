import Reconciler

/// The part of a request behind `?`. What is not understood is refused by name, never passed over: a filter
/// with a typing error must not show everything. Values have been held against the table when it is made.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]
    private let declared: [Parameter]

    static let pretty = Parameter(
        "pretty", .flag, "Over several lines, for people. `?pretty` is enough.", example: "true")

    init(_ text: String?, declared parameters: [Parameter]) throws(Refusal) {
        declared = parameters + [Self.pretty]
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(parts[0]),
                let value = PercentCoding.decode(parts.count > 1 ? parts[1] : "")
            else {
                throw .badQuery(String(pair), "is not percent-encoded UTF-8")
            }
            guard let parameter = declared.first(where: { $0.name == name && !$0.isInPath }) else {
                let known = declared.filter { !$0.isInPath }.map(\.name).sorted()
                throw .badQuery(name, "is not known here; known: \(known.joined(separator: ", "))")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .badQuery(name, "is given twice")
            }
            if let problem = parameter.problem(with: value) { throw .badQuery(name, problem) }
            if parameter.value == .cursor, PageCursor(value) == nil {
                throw .strangeCursor
            }
        }
        for parameter in declared where parameter.isRequired && !parameter.isInPath {
            guard values[parameter.name] != nil else {
                throw .badQuery(parameter.name, "is missing: \(parameter.doc)")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// nil: it is not asked for, and the table has no usual one.
    func number(_ name: String) -> Int64? {
        if let text = values[name] { return Int64(text) }
        guard case .number(_, let usual)? = declared.first(where: { $0.name == name })?.value else {
            return nil
        }
        return usual
    }

    /// The table gives a route that asks for it a usual limit.
    var limit: Int { Int(number("limit") ?? 1) }

    func time(_ name: String) -> WallTime? { values[name].flatMap { Timestamp($0)?.wall } }

    func flag(_ name: String) -> Bool { values[name].map { $0 != "false" } ?? false }

    /// nil: all are wanted.
    func words(_ name: String) -> Set<String>? {
        values[name].map { Set($0.split(separator: ",").map(String.init)) }
    }

    func selector(_ name: String) -> LabelSelector? { values[name].flatMap(LabelSelector.init) }

    var cursor: PageCursor? { values["cursor"].flatMap(PageCursor.init) }

    /// The place in a list that is sorted by numbers; nil: no cursor is given.
    func numberedPlace() throws(Refusal) -> Int64? {
        guard let cursor else { return nil }
        guard let place = Int64(cursor.key) else { throw .strangeCursor }
        return place
    }
}

enum PercentCoding {
    /// `+` stands for itself, as times with an offset need it. nil: it is not percent-encoded UTF-8.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
