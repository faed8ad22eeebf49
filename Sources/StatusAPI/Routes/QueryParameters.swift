import Reconciler

/// The part of a request behind `?`. What is not understood is refused by name, never passed over: a filter
/// with a typing error must not show everything.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    init(_ text: String?, known: Set<String>) throws(Refusal) {
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count > 1 ? parts[1] : "")
            else {
                throw .badQuery(String(pair), "is not percent-encoded UTF-8")
            }
            guard known.contains(name) || name == "pretty" else {
                let list = (known.union(["pretty"])).sorted().joined(separator: ", ")
                throw .badQuery(name, "is not known here; known: \(list)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .badQuery(name, "is given twice")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    func limit(default number: Int, max: Int) throws(Refusal) -> Int {
        guard let text = values["limit"] else { return number }
        guard let value = Int(text), (1...max).contains(value) else {
            throw .badQuery("limit", "must be a number from 1 to \(max), not '\(text)'")
        }
        return value
    }

    func cursor(_ name: String) throws(Refusal) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let value = Int64(text), value >= 0 else {
            throw .badQuery(name, "must be the cursor of an earlier answer, not '\(text)'")
        }
        return value
    }

    /// nil: it is not asked for.
    func index(_ name: String) throws(Refusal) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), value >= 0 else {
            throw .badQuery(name, "must be a number, not '\(text)'")
        }
        return value
    }

    /// nil: it is not given.
    func count(_ name: String, max: Int) throws(Refusal) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), (0...max).contains(value) else {
            throw .badQuery(name, "must be a number from 0 to \(max), not '\(text)'")
        }
        return value
    }

    func time(_ name: String) throws(Refusal) -> WallTime? {
        guard let text = values[name] else { return nil }
        guard let value = Timestamp(text) else {
            throw .badQuery(name, "must be a time such as 2026-11-21T09:30:00Z, not '\(text)'")
        }
        return value.wall
    }

    func flag(_ name: String) throws(Refusal) -> Bool {
        switch values[name] {
        case nil, "false": return false
        case "true", "": return true
        case let text?: throw .badQuery(name, "must be true or false, not '\(text)'")
        }
    }

    /// `+` stands for itself, as times with an offset need it.
    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.count >= 2
            else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
