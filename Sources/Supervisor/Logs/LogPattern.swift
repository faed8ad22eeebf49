import CLinux
import Glibc

/// What a line must hold: a text, or something that a POSIX extended regular expression describes.
package struct LogPattern: Sendable, Hashable {
    let text: String
    let ignoresCase: Bool
    let isExpression: Bool

    package init(_ text: String, ignoresCase: Bool = false) {
        self.text = text
        self.ignoresCase = ignoresCase
        isExpression = false
    }

    /// Throws what is wrong with the expression.
    package init(expression text: String, ignoresCase: Bool = false) throws(LogPatternError) {
        self.text = text
        self.ignoresCase = ignoresCase
        isExpression = true
        _ = try RegularExpression(text, ignoresCase: ignoresCase)
    }
}

package struct LogPatternError: Error, Equatable {
    /// `Unmatched [, [^, [:, [., or [=`.
    package let reason: String
}

/// A pattern made ready. Each reader has its own.
final class LogMatcher {
    private let needle: [UInt8]
    private let folds: Bool
    private let expression: RegularExpression?
    /// In lower case, where what is not ASCII has a case, too.
    private let wide: String?
    private var folded: [UInt8] = []

    init(_ pattern: LogPattern) {
        let isWide = pattern.ignoresCase && !pattern.text.utf8.allSatisfy { $0 < 0x80 }
        wide = isWide && !pattern.isExpression ? pattern.text.lowercased() : nil
        folds = pattern.ignoresCase
        needle = Array((folds ? pattern.text.lowercased() : pattern.text).utf8)
        // It was tried when the pattern was made.
        expression =
            pattern.isExpression
            ? try? RegularExpression(pattern.text, ignoresCase: pattern.ignoresCase) : nil
    }

    func matches(_ line: [UInt8]) -> Bool {
        if let expression { return expression.matches(line) }
        if let wide { return String(decoding: line, as: UTF8.self).lowercased().contains(wide) }
        guard folds else { return Self.holds(line, needle) }
        folded.removeAll(keepingCapacity: true)
        folded.append(contentsOf: line.lazy.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
        return Self.holds(folded, needle)
    }

    private static func holds(_ line: [UInt8], _ needle: [UInt8]) -> Bool {
        line.withUnsafeBytes { line in
            needle.withUnsafeBytes { needle in
                guard let start = needle.baseAddress, let text = line.baseAddress else {
                    return needle.isEmpty
                }
                return clinux_contains(text, line.count, start, needle.count) != 0
            }
        }
    }
}

/// A compiled expression of the C library. It looks at bytes, so that what is no text can be searched too.
final class RegularExpression {
    private var compiled = regex_t()

    init(_ text: String, ignoresCase: Bool) throws(LogPatternError) {
        guard !text.utf8.contains(0) else { throw LogPatternError(reason: "it holds a NUL") }
        let flags = REG_EXTENDED | (ignoresCase ? REG_ICASE : 0)
        let code = regcomp(&compiled, text, flags)
        guard code != 0 else { return }
        let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = regerror(code, &compiled, buffer.baseAddress, buffer.count)
            return buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        throw LogPatternError(reason: reason)
    }

    deinit { regfree(&compiled) }

    func matches(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { bytes in
            var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(bytes.count))
            // An array without bytes may have no address.
            let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            if let text { return regexec(&compiled, text, 1, &range, REG_STARTEND) == 0 }
            return regexec(&compiled, "", 1, &range, REG_STARTEND) == 0
        }
    }
}
