/// Text of others, made safe for a comment on a forge. Two shapes alone carry it: code spans and fenced
/// blocks. In both nothing is markup, nothing is a link, and nobody is mentioned; all that could end them is
/// a run of backticks as long as their own.
enum Markdown {
    /// A code span of one line.
    static func code(_ text: String) -> String {
        let line = PrintableText.oneLine(text)
        guard !line.allSatisfy({ $0 == " " }) else { return "`(empty)`" }
        let fence = String(repeating: "`", count: backticks(in: line) + 1)
        // A blank at either end is taken off again, and keeps a backtick there from joining the fence.
        let ends = [line.unicodeScalars.first, line.unicodeScalars.last]
        let isBare = !ends.contains("`") && !ends.contains(" ")
        return isBare ? fence + line + fence : "\(fence) \(line) \(fence)"
    }

    /// For `<code>` within a line of HTML: letters and digits as they are, all else by number.
    static func html(_ text: String) -> String {
        PrintableText.oneLine(text).unicodeScalars.map { scalar in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || scalar == " " || scalar == "-" ? String(scalar) : "&#\(scalar.value);"
        }.joined()
    }

    static func fence(around lines: [String]) -> String {
        let longest = lines.map(backticks).max() ?? 0
        return String(repeating: "`", count: max(3, longest + 1))
    }

    /// The longest run of them. By scalars: a combining mark behind one would hide it among characters.
    static func backticks(in text: String) -> Int {
        var (longest, run) = (0, 0)
        for scalar in text.unicodeScalars {
            run = scalar == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}

/// A comment that grows by paragraphs and never beyond what forges take.
struct MarkdownPage {
    /// GitHub takes 65,536 characters in a comment, the others more.
    static let bytesMax = 60_000
    /// Kept free for what comes last.
    private static let reserveBytes = 2_000
    /// Of one line of a block; a declaration may hold a value of a megabyte.
    static let lineCharactersMax = 400

    private(set) var text: String
    /// Lines that found no room.
    private(set) var leftOut = 0

    /// - Parameter marker: what a workflow finds its own comment by.
    init(marker: String) { text = "<!-- \(marker) -->\n" }

    /// The marker of a source: two of one repository must not take each other's comment.
    static func marker(path: String) -> String {
        let source = path.split(separator: "/").joined(separator: "/")
        let safe = source.unicodeScalars.filter { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "/._".unicodeScalars.contains(scalar))
        }
        return source.isEmpty ? "plumb-diff" : "plumb-diff " + String(String.UnicodeScalarView(safe))
    }

    /// A paragraph of our own words; what is not ours in it is in code spans already.
    mutating func add(_ paragraph: String) { append("\n" + paragraph + "\n", Self.bytesMax) }

    /// Paragraphs of which some may be left out.
    mutating func addList(_ items: [String]) {
        append("\n", Self.bytesMax)
        for item in items {
            if !append("- \(item)\n", Self.bytesMax - Self.reserveBytes) { leftOut += 1 }
        }
    }

    /// Lines as they are, in a fence; as many as there is room for.
    mutating func addBlock(
        _ lines: [String], language: String, within: (open: String, close: String) = ("", "")
    ) {
        let lines = lines.map { line in
            PrintableText.shortened(PrintableText.oneLine(line), to: Self.lineCharactersMax)
        }
        let fence = Markdown.fence(around: lines)
        let overhead = within.open.utf8.count + within.close.utf8.count + 2 * fence.utf8.count + 80
        var room = Self.bytesMax - Self.reserveBytes - text.utf8.count - overhead
        var taken: [String] = []
        for line in lines {
            guard room >= line.utf8.count + 1 else { break }
            room -= line.utf8.count + 1
            taken.append(line)
        }
        let rest = lines.count - taken.count
        guard !taken.isEmpty else {
            leftOut += rest
            return
        }
        leftOut += rest
        if rest > 0 { taken.append("… and \(rest) more lines") }
        text +=
            within.open + "\n\(fence)\(language)\n" + taken.joined(separator: "\n") + "\n\(fence)\n"
            + within.close
    }

    @discardableResult
    private mutating func append(_ piece: String, _ limit: Int) -> Bool {
        guard text.utf8.count + piece.utf8.count <= limit else { return false }
        text += piece
        return true
    }
}
