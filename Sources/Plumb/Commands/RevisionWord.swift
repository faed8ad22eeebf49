import StatusAPI

/// What an operator calls a revision: an id or its beginning, `main@3f2a9c1`, `HEAD`, or a ref that this host
/// follows.
struct RevisionWord {
    let text: String

    init(_ text: String) { self.text = text }

    /// The id, or the beginning of one, that an agent is asked for.
    /// - Parameter history: what the agent has seen, the newest first; asked for where it is needed.
    func commit(
        of source: SourceDocument, history: () throws -> [RevisionDocument]
    ) throws -> String {
        if let mark = text.lastIndex(of: "@"), mark > text.startIndex {
            let (ref, id) = (String(text[..<mark]), text[text.index(after: mark)...].lowercased())
            if isID(id) { return id }
            throw failure("'\(id)' after \(ref)@ is not the beginning of a commit's id", source)
        }
        let lower = text.lowercased()
        let named = try newest(source, history)
        guard isID(lower) else {
            if let named { return named.commit }
            throw failure("this host has seen no revision of a ref '\(text)'", source)
        }
        guard let named, !named.commit.hasPrefix(lower) else { return lower }
        // A branch may be called `beef`: of two things that it could be, none is guessed.
        if try history().contains(where: { $0.commit.hasPrefix(lower) }) {
            throw CommandFailure(
                message: "'\(text)' is a ref and the beginning of a commit's id",
                remedy: "write refs/heads/\(text) or refs/tags/\(text), or more digits")
        }
        return named.commit
    }

    /// The newest commit that this host has seen under this name.
    private func newest(
        _ source: SourceDocument, _ history: () throws -> [RevisionDocument]
    ) throws -> RevisionDocument? {
        if text == "HEAD" || text == "@" { return source.seen ?? source.accepted }
        let name = Self.short(text)
        if let seen = source.seen, Self.short(seen.ref) == name { return seen }
        return try history().first { Self.short($0.ref) == name }
    }

    private func isID(_ word: String) -> Bool {
        (Self.digitsMin...Self.digitsMax).contains(word.utf8.count) && word.allSatisfy(\.isHexDigit)
    }

    private static let digitsMin = 4
    private static let digitsMax = 40

    static func short(_ ref: String) -> String {
        for prefix in ["refs/heads/", "refs/tags/"] where ref.hasPrefix(prefix) {
            return String(ref.dropFirst(prefix.count))
        }
        return ref
    }

    private func failure(_ message: String, _ source: SourceDocument) -> CommandFailure {
        let followed = source.seen?.ref ?? source.ref
        return CommandFailure(
            message: message,
            remedy: "it follows \(followed.isEmpty ? "no ref yet" : followed); else give a commit's id, four "
                + "digits at least, as `git rev-parse \(text)` says it")
    }
}
