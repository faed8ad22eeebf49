/// What `git fsck` says of a mirror. Pure.
enum MirrorCheck {
    /// Whether something is lost or broken. A commit that was made badly (an author without an address, say)
    /// is told too; it would be the same in every other copy, so that is no reason for a new one.
    static func isDamage(_ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline)
        // A check that failed without a word has found nothing out.
        return lines.isEmpty || lines.contains { line in !badlyMade.contains { line.hasPrefix($0) } }
    }

    private static let badlyMade = ["error in ", "warning in ", "dangling ", "notice: "]
}
