/// libyaml's messages in plain words.
enum YAMLProblems {
    static func diagnostic(
        _ problem: YAMLEventReader.Problem, file: String, bytes: UnsafeBufferPointer<UInt8>
    ) -> Diagnostic {
        if problem.origin == .reader { return unreadableByte(problem, file: file, bytes: bytes) }
        let place = Location(file: file, line: Int(problem.mark.line), column: Int(problem.mark.column))
        if problem.message.contains("tab") || isTab(at: problem.mark, of: bytes) {
            return Diagnostic(.tabIndentation, at: place, "a tab character stands where YAML wants spaces")
        }
        let words = plainWords[problem.message] ?? (problem.message, nil)
        let start = Location(
            file: file, line: Int(problem.contextMark.line), column: Int(problem.contextMark.column))
        // A quote that is never closed is best shown where it was opened.
        if problem.context?.contains("quoted scalar") == true {
            return Diagnostic(.yamlSyntax, at: start, words.0, help: words.1)
        }
        let isFlow = problem.context?.contains("flow") == true
        let notes = isFlow ? [Diagnostic.Note(location: start, message: "opened here")] : []
        return Diagnostic(.yamlSyntax, at: place, words.0, help: words.1, notes: notes)
    }

    /// Message of libyaml → what it means, and what to do.
    private static let plainWords: [String: (String, String?)] = [
        "mapping values are not allowed in this context": (
            "a second ':' stands in one line, or this line is indented further than its neighbours",
            "put the key on a line of its own, indented like its neighbours, or quote a value with ': '"
        ),
        "could not find expected ':'": (
            "a key without ':' after it",
            "write 'key: value'; a text that goes over several lines needs quotes or '|'"
        ),
        "did not find expected key": (
            "neither a key nor the end of the mapping stands here",
            "indent the line like its neighbours; close quotes and brackets that were opened above"
        ),
        "did not find expected ',' or ']'": (
            "a list that was opened with '[' is not closed", "write ',' between its items and ']' at its end"
        ),
        "did not find expected ',' or '}'": (
            "a mapping that was opened with '{' is not closed",
            "write ',' between its entries and '}' at its end"
        ),
        "did not find expected '-' indicator": (
            "neither '-' nor the end of the list stands here", "indent the line like the list's other items"
        ),
        "did not find expected node content": ("a value is missing here", "write a value, or quote it"),
        "did not find expected <document start>": (
            "text stands after the end of a document", "separate documents by a line '---'"
        ),
        "found unexpected end of stream": (
            "a quoted text is not closed before the end of the file", "close the quotes"
        ),
        "found unexpected document indicator": (
            "a quoted text is not closed before the end of the document", "close the quotes"
        ),
        "found character that cannot start any token": (
            "a value cannot begin with this character", "put the value in quotes"
        ),
        "block sequence entries are not allowed in this context": (
            "a list item '-' cannot stand here", "begin the list on a line of its own, below its key"
        ),
        "found unknown escape character": (
            "an escape that YAML does not know", "write '\\\\' for a backslash, or use single quotes"
        ),
        "did not find expected alphabetic or numeric character": (
            "'&' and '*' begin anchors and aliases, and want a name", "put the value in quotes"
        ),
        "control characters are not allowed": ("a control character stands here", "remove the character"),
    ]

    /// The reader stops before marks are known, so the place is counted from the bytes.
    private static func unreadableByte(
        _ problem: YAMLEventReader.Problem, file: String, bytes: UnsafeBufferPointer<UInt8>
    ) -> Diagnostic {
        let place = place(ofByte: problem.byteOffset, in: bytes, file: file)
        if problem.message == "control characters are not allowed" {
            return Diagnostic(
                .yamlSyntax, at: place, "a control character stands here", help: "remove the character")
        }
        return Diagnostic(.notUTF8, at: place, "this is not UTF-8 text")
    }

    private static func place(
        ofByte offset: Int, in bytes: UnsafeBufferPointer<UInt8>, file: String
    ) -> Location {
        var line = 1
        var column = 1
        for byte in bytes.prefix(Swift.max(0, offset)) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Location(file: file, line: line, column: column)
    }

    /// libyaml blames a tab as "a character that cannot start any token".
    private static func isTab(at mark: Mark, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var line = 1
        var column = 1
        for byte in bytes {
            if line == mark.line, column == mark.column { return byte == UInt8(ascii: "\t") }
            if byte == UInt8(ascii: "\n") {
                guard line < mark.line else { return false }
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return false
    }
}
