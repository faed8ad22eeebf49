/// One Swift file, with each line's code, text literals and comments told apart.
struct SourceFile {
    struct Line {
        var text = ""
        /// The line without comments, and with its text literals emptied.
        var code = ""
        /// What stands in the line's comments.
        var comment = ""
    }

    /// Relative to the root of the repository.
    let path: String
    let lines: [Line]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        var lexer = SwiftLexer(bytes: bytes)
        self.lines = lexer.run()
    }

    init(path: String, text: String) {
        self.init(path: path, bytes: Array(text.utf8))
    }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// `web` of `Sources/web/…` and `Tests/web/…`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
}
