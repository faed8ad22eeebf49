/// `app=web,tier!=db,zone in (a,b),stage notin (test),team,!old`: the label selector of Kubernetes. All
/// requirements must hold; `!=` and `notin` hold where the label is not there.
struct LabelSelector: Sendable, Hashable {
    enum Test: Sendable, Hashable {
        case isIn(Set<String>)
        case isNotIn(Set<String>)
        case exists
        case isAbsent
    }
    private(set) var requirements: [(key: String, test: Test)] = []

    static func == (a: LabelSelector, b: LabelSelector) -> Bool {
        a.requirements.elementsEqual(b.requirements) { $0.key == $1.key && $0.test == $1.test }
    }

    func hash(into hasher: inout Hasher) { for item in requirements { hasher.combine(item.key) } }

    /// nil where it is none.
    init?(_ text: String) {
        guard text.unicodeScalars.count <= Self.lengthMax else { return nil }
        // A selector has no plus of its own: forms write it for a space.
        for part in Self.parts(text.replacing("+", with: " ")) {
            guard let requirement = Self.requirement(part) else { return nil }
            requirements.append(requirement)
        }
        guard (1...Self.requirementsMax).contains(requirements.count) else { return nil }
    }

    private static let requirementsMax = 32
    /// Characters. However they are written, a request can hold them.
    static let lengthMax = 1_000

    /// For /openapi.json.
    static let pattern: String = {
        let key = "([a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
        let value = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
        let set = "\\(\(value)(,\(value)){0,8}\\)"
        let one = "(\(key)(=|==|!=)\(value)|\(key) (in|notin) \(set)|!?\(key))"
        return "^\(one)(,\(one)){0,8}$"
    }()

    static func problem(with text: String) -> String {
        "must be a label selector such as app=web,tier!=db,zone in (a,b),team,!old, not '\(text)'"
    }

    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { key, test in
            switch test {
            case .isIn(let values): labels[key].map(values.contains) ?? false
            case .isNotIn(let values): labels[key].map { !values.contains($0) } ?? true
            case .exists: labels[key] != nil
            case .isAbsent: labels[key] == nil
            }
        }
    }

    /// Cut at the commas that are in no parentheses.
    private static func parts(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var begin = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(text[begin..<index])
                begin = text.index(after: index)
            default: break
            }
        }
        return parts + [text[begin...]]
    }

    private static func requirement(_ part: Substring) -> (key: String, test: Test)? {
        let part = trimmed(part)
        if part.hasPrefix("!"), !part.contains("=") {
            return key(part.dropFirst()).map { ($0, .isAbsent) }
        }
        if let cut = part.firstIndex(of: "=") {
            let isNot = part[..<cut].hasSuffix("!")
            var value = part[part.index(after: cut)...]
            if !isNot, value.hasPrefix("=") { value = value.dropFirst() }
            guard let key = key(isNot ? part[..<cut].dropLast() : part[..<cut]),
                let value = label(value)
            else { return nil }
            return (key, isNot ? .isNotIn([value]) : .isIn([value]))
        }
        guard let open = part.firstIndex(of: "(") else { return key(part).map { ($0, .exists) } }
        let words = part[..<open].split(separator: " ")
        guard words.count == 2, part.hasSuffix(")"), let key = key(words[0]) else { return nil }
        let list = part[part.index(after: open)...].dropLast().split(
            separator: ",", omittingEmptySubsequences: false
        ).map(label)
        let values = Set(list.compactMap(\.self))
        guard values.count > 0, !list.contains(nil) else { return nil }
        switch words[1] {
        case "in": return (key, .isIn(values))
        case "notin": return (key, .isNotIn(values))
        default: return nil
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.hasSuffix(" ") { text = text.dropLast() }
        return text
    }

    /// `team`, `example.org/team`.
    private static func key(_ text: Substring) -> String? {
        let text = trimmed(text)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last, !name.isEmpty, isWord(name) else { return nil }
        if parts.count == 2 {
            guard isWord(parts[0]), !parts[0].contains("_"), parts[0] == parts[0].lowercased() else {
                return nil
            }
        }
        return String(text)
    }

    private static func label(_ text: Substring) -> String? {
        let text = trimmed(text)
        return text.isEmpty || isWord(text) ? String(text) : nil
    }

    private static func isWord(_ text: Substring) -> Bool {
        func isPlain(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber)
        }
        guard let first = text.first, let last = text.last, text.utf8.count <= 253 else { return false }
        return isPlain(first) && isPlain(last)
            && text.allSatisfy { isPlain($0) || $0 == "-" || $0 == "_" || $0 == "." }
    }
}
