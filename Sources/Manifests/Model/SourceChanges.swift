/// What differs between two listings.
package struct SourceChanges: Sendable {
    /// New, or with another content, kind or mode.
    package var changed: [SourceListing.Entry]
    /// Paths of files that are there no more.
    package var removed: [String]

    package init(changed: [SourceListing.Entry], removed: [String]) {
        self.changed = changed
        self.removed = removed
    }

    package var count: Int { changed.count + removed.count }
    package var paths: [String] { changed.map(\.path) + removed }
}

extension SourceListing.Entry {
    package var isFile: Bool { kind == .file || kind == .executable }

    /// In the order of bytes, as git has it: a directory's files stand together.
    package func isBefore(_ path: String) -> Bool { self.path.utf8.lexicographicallyPrecedes(path.utf8) }
}

/// Entries in the order of their paths' bytes.
extension [SourceListing.Entry] {
    /// Where a path stands or would stand.
    package func place(of path: String) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].isBefore(path) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func index(of path: String) -> Int? {
        let place = place(of: path)
        return place < count && self[place].path == path ? place : nil
    }
}
