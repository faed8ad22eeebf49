import Glibc

/// One Swift file, with each line's code, text literals and comments told apart.
struct SourceFile {
    struct Line {
        var text = ""
        /// The line without comments, and with its text literals emptied.
        var code = ""
        /// What stands in the line's comments.
        var comment = ""

        var indentation: Int { text.prefix { $0 == " " }.count }
    }

    /// Relative to the root of the repository.
    let path: String
    let lines: [Line]
    private let bytes: [UInt8]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes + [0]
        var lexer = SwiftLexer(bytes: bytes)
        self.lines = lexer.run()
    }

    init(path: String, text: String) {
        self.init(path: path, bytes: Array(text.utf8))
    }

    /// Whether any of the words stands anywhere in the file. Rules ask this first: most files have none.
    func mentions(_ words: [String]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                // The file's bytes end with a zero, so the search ends too.
                guard let start = text.baseAddress else { return false }
                return words.contains { strstr(start, $0) != nil }
            }
        }
    }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// `web` of `Sources/web/…` and `Tests/web/…`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
}
