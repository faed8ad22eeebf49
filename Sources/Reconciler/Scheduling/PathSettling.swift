package import Manifests

/// What tells a file from what it was before: nobody reads it for that.
package struct FileMark: Sendable, Hashable, Codable {
    package var inode: UInt64
    package var bytes: Int64
    /// Nanoseconds since 1970, by the file system.
    package var modified: Int64

    package init(inode: UInt64, bytes: Int64, modified: Int64) {
        self.inode = inode
        self.bytes = bytes
        self.modified = modified
    }
}

/// Decides which files of a path trigger have come or changed, and when they have settled. Pure: somebody
/// looks at the files, and says what there is.
///
/// A file is new as long as it is not what it was when it was told of and the telling was acknowledged. So
/// what came while nobody looked is told, and so is what was told to somebody who died of it.
package struct PathSettling: Sendable {
    private struct Candidate: Sendable {
        var mark: FileMark
        /// Since when it is what it is.
        var since: Instant
        /// Since when it is to be told of.
        var first: Instant
    }

    package private(set) var trigger: PathTrigger
    /// As they were when they were told of, or when the trigger was first looked at; nil: never yet.
    package private(set) var known: [String: FileMark]?
    /// Told of, and not acknowledged, by the number of the telling.
    private var told: [Int: [String: FileMark]] = [:]
    private var candidates: [String: Candidate] = [:]
    private var sequence = 0

    package init(_ trigger: PathTrigger, known: [String: FileMark]? = nil) {
        self.trigger = trigger
        self.known = known
    }

    /// The times may change without anything being looked at anew.
    package mutating func take(_ trigger: PathTrigger) {
        self.trigger = trigger
    }

    /// What there is now, whole. Returns whether what is known has changed, and is to be kept.
    package mutating func look(_ files: [String: FileMark], at now: Instant) -> Bool {
        guard let before = known else {
            // What was there before anybody asked is no news.
            known = files
            return true
        }
        let kept = before.filter { files[$0.key] != nil }
        known = kept
        candidates = candidates.filter { files[$0.key] != nil }
        // One that is gone is new when it comes back, whatever was told of it.
        told = told.mapValues { $0.filter { files[$0.key] != nil } }
        let offered = told.sorted { $0.key < $1.key }.reduce(into: [String: FileMark]()) {
            $0.merge($1.value) { _, new in new }
        }
        for (path, mark) in files {
            guard mark != offered[path] ?? kept[path] else {
                candidates[path] = nil
                continue
            }
            if candidates[path]?.mark == mark { continue }
            candidates[path] = Candidate(
                mark: mark, since: now, first: candidates[path]?.first ?? now)
        }
        return kept.count != before.count
    }

    /// When there may be something to tell, or to look at again; nil: not before something happens.
    package var next: Instant? {
        candidates.values.map { max($0.first + trigger.debounce, $0.since + trigger.settle) }.min()
    }

    /// Files that have settled, once the first of them is old enough: they are one firing, and the rest
    /// follows in another. nil: none yet. Call it right after `look`.
    package mutating func settled(at now: Instant) -> (sequence: Int, paths: [String])? {
        let ready = candidates.filter { $0.value.since + trigger.settle <= now }
        guard let first = ready.values.map(\.first).min(), first + trigger.debounce <= now else { return nil }
        sequence += 1
        told[sequence] = ready.mapValues(\.mark)
        for path in ready.keys { candidates[path] = nil }
        return (sequence, ready.keys.sorted())
    }

    /// What was told up to this number will not be lost any more. Returns whether what is known has changed.
    package mutating func acknowledge(_ sequence: Int) -> Bool {
        let heard = told.keys.filter { $0 <= sequence }.sorted()
        for number in heard {
            known = (known ?? [:]).merging(told.removeValue(forKey: number) ?? [:]) { _, new in new }
        }
        return !heard.isEmpty
    }
}
