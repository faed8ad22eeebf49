/// Patterns over names with slashes, as `source.ref.tag` has them.
package enum SourcePattern {
    /// `*`, `?` and `[a-z]` stay between two slashes, `**` goes beyond.
    package static func matches(_ pattern: String, _ name: String) -> Bool {
        GlobMatcher.matches(Array(pattern.utf8)[...], Array(name.utf8)[...])
    }
}
