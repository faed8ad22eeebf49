internal import Glibc

/// A POSIX extended regular expression, held to what can be decided in a time that grows with the text alone:
/// counted repetitions and back references are refused.
package struct ExtendedPattern: ~Copyable {
    private var compiled = regex_t()

    package static let bytesMax = 256

    /// nil where it is none, or one of those.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax, !text.utf8.contains(0),
            !text.contains("{"), !Self.refersBack(text)
        else { return nil }
        guard regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) == 0 else { return nil }
    }

    deinit {
        var compiled = compiled
        regfree(&compiled)
    }

    /// Whether it matches somewhere in the text, which ends at its first zero byte.
    package borrowing func matches(_ text: String) -> Bool {
        withUnsafePointer(to: compiled) { regexec($0, text, 0, nil, 0) == 0 }
    }

    private static func refersBack(_ text: String) -> Bool {
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped, byte >= 0x30, byte <= 0x39 { return true }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return false
    }
}
