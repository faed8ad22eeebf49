import Manifests
import Reconciler

/// A query parameter, or a variable segment of a path, with all that is to be said of it. Dispatch, problems
/// and /openapi.json follow from it.
struct Parameter: Sendable, Hashable, ExpressibleByStringLiteral {
    enum Value: Sendable, Hashable {
        /// UTF-8, so many characters at most; `pattern` is what /openapi.json says of it, and `check` of
        /// Parameter+Checks what is true.
        case text(max: Int = 253, pattern: String? = nil)
        case number(ClosedRange<Int64>, usual: Int64? = nil)
        /// RFC 3339.
        case time
        case flag
        case word([String])
        /// Several with commas.
        case words([String])
        /// The label selector of Kubernetes.
        case selector
        /// A range of versions, as a declaration writes it.
        case versions
        /// `next` of an earlier answer.
        case cursor
    }
    var name: String
    var value: Value
    var doc: String
    var isRequired = false
    var isInPath = false
    var example: String?

    init(
        _ name: String, _ value: Value = .text(), _ doc: String, required: Bool = false,
        example: String? = nil
    ) {
        self.name = name
        self.value = value
        self.doc = doc
        isRequired = required
        self.example = example
    }

    init(stringLiteral name: String) { self.init(name, .text(), "") }

    /// A segment of a path.
    static func path(_ name: String, _ value: Value = .text(), _ doc: String, example: String? = nil)
        -> Parameter
    {
        var parameter = Parameter(name, value, doc, required: true, example: example)
        parameter.isInPath = true
        return parameter
    }

    /// What is wrong with a value; nil: nothing is.
    func problem(with text: String) -> String? {
        switch value {
        case .text(let max, let pattern):
            if text.unicodeScalars.count > max { return "is longer than \(max) characters" }
            guard let pattern, !TextPattern.fits(text, pattern) else { return nil }
            return "must fit \(pattern), not '\(text)'"
        case .number(let range, _):
            guard let number = Int64(text), range.contains(number), !text.hasPrefix("+") else {
                let top = range.upperBound == .max ? " up" : " to \(range.upperBound)"
                return "must be a number from \(range.lowerBound)\(top), not '\(text)'"
            }
            return nil
        case .time:
            return Timestamp(text) == nil
                ? "must be a time such as 2026-11-21T09:30:00Z, not '\(text)'" : nil
        case .flag:
            return ["", "true", "false"].contains(text) ? nil : "must be true or false, not '\(text)'"
        case .word(let words):
            return words.contains(text)
                ? nil : "must be one of \(words.joined(separator: ", ")), not '\(text)'"
        case .words(let words):
            let odd = text.split(separator: ",", omittingEmptySubsequences: false).first {
                !words.contains(String($0))
            }
            return odd.map {
                "may hold \(words.joined(separator: ", ")), with commas between them, not '\($0)'"
            }
        case .selector: return LabelSelector(text) == nil ? LabelSelector.problem(with: text) : nil
        case .versions:
            return VersionRange(text) == nil
                ? "must be a range of versions such as 1.4.2, ^1.4 or >=1.2 <2, not '\(text)'" : nil
        case .cursor:
            return PageCursor.mayBe(text) ? nil : "must be `next` of an earlier answer, not '\(text)'"
        }
    }
}

/// The few patterns that parameters have, without a library for them.
enum TextPattern {
    static let name = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
    static let run = "^[0-9a-f]{20}$"
    static let runPrefix = "^[0-9a-f]{4,20}$"
    static let revision = "^[0-9a-f]{4,40}$"

    static func fits(_ text: String, _ pattern: String) -> Bool {
        let bytes = Array(text.utf8)
        func isHex(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
        }
        switch pattern {
        case name:
            return (1...63).contains(bytes.count) && bytes.first.map(isWord) == true
                && bytes.last.map(isWord) == true && bytes.allSatisfy { isWord($0) || $0 == 0x2D }
        case run: return bytes.count == 20 && bytes.allSatisfy(isHex)
        case runPrefix: return (4...20).contains(bytes.count) && bytes.allSatisfy(isHex)
        case revision: return (4...40).contains(bytes.count) && bytes.allSatisfy(isHex)
        default: return true
        }
    }
}
