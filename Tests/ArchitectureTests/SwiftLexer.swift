/// Just enough of Swift's grammar to tell code from comments and text literals, interpolations included.
struct SwiftLexer {
    private enum State {
        /// `depth` counts open parentheses; an interpolation ends at the one that opened it.
        case code(depth: Int, interpolation: Bool)
        case text(hashes: Int, multiline: Bool)
        case lineComment
        case blockComment(depth: Int)
    }

    private let bytes: [UInt8]
    private var at = 0
    private var stack: [State] = [.code(depth: 0, interpolation: false)]
    private var line = (text: [UInt8](), code: [UInt8](), comment: [UInt8]())
    private var lines: [SourceFile.Line] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() -> [SourceFile.Line] {
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") {
                endLine()
                at += 1
                continue
            }
            // The stack is never empty: its first state, the file's own code, is never popped.
            switch stack[stack.count - 1] {
            case .code(let depth, let interpolation): code(depth, interpolation)
            case .text(let hashes, let multiline): text(hashes, multiline)
            case .lineComment: take(1, \.comment)
            case .blockComment(let depth): blockComment(depth)
            }
        }
        if !line.text.isEmpty { endLine() }
        return lines
    }

    private mutating func code(_ depth: Int, _ interpolation: Bool) {
        if isNext("//") {
            stack.append(.lineComment)
        } else if isNext("/*") {
            stack.append(.blockComment(depth: 0))
        } else if let hashes = literalStart() {
            take(hashes, \.code)
            let multiline = isNext("\"\"\"")
            take(multiline ? 3 : 1, \.code)
            stack.append(.text(hashes: hashes, multiline: multiline))
        } else if isNext("(") {
            setTop(.code(depth: depth + 1, interpolation: interpolation))
            take(1, \.code)
        } else if isNext(")") {
            if interpolation && depth == 0 {
                stack.removeLast()
            } else {
                setTop(.code(depth: depth - 1, interpolation: interpolation))
            }
            take(1, \.code)
        } else {
            take(1, \.code)
        }
    }

    private mutating func text(_ hashes: Int, _ multiline: Bool) {
        let marks = String(repeating: "#", count: hashes)
        if isNext("\\" + marks + "(") {
            take(2 + hashes, \.code)
            stack.append(.code(depth: 0, interpolation: true))
        } else if isNext((multiline ? "\"\"\"" : "\"") + marks) {
            take((multiline ? 3 : 1) + hashes, \.code)
            stack.removeLast()
        } else if isNext("\\" + marks), at + hashes + 1 < bytes.count,
            bytes[at + hashes + 1] != UInt8(ascii: "\n")
        {
            take(2 + hashes, nil)
        } else {
            take(1, nil)
        }
    }

    private mutating func blockComment(_ depth: Int) {
        if isNext("/*") {
            take(2, \.comment)
            setTop(.blockComment(depth: depth + 1))
        } else if isNext("*/") {
            take(2, \.comment)
            if depth == 1 { stack.removeLast() } else { setTop(.blockComment(depth: depth - 1)) }
        } else {
            take(1, \.comment)
        }
    }

    /// How many `#` stand before a quotation mark here; nil where no literal begins.
    private func literalStart() -> Int? {
        var end = at
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - at : nil
    }

    private func isNext(_ text: String) -> Bool { bytes[at...].starts(with: text.utf8) }

    private mutating func setTop(_ state: State) { stack[stack.count - 1] = state }

    private mutating func take(
        _ count: Int, _ part: WritableKeyPath<(text: [UInt8], code: [UInt8], comment: [UInt8]), [UInt8]>?
    ) {
        let taken = bytes[at..<Swift.min(at + count, bytes.count)]
        line.text += taken
        if let part { line[keyPath: part] += taken }
        at += taken.count
    }

    private mutating func endLine() {
        if case .lineComment = stack[stack.count - 1] { stack.removeLast() }
        lines.append(
            SourceFile.Line(
                text: String(decoding: line.text, as: UTF8.self),
                code: String(decoding: line.code, as: UTF8.self),
                comment: String(decoding: line.comment, as: UTF8.self)))
        line = ([], [], [])
    }
}
