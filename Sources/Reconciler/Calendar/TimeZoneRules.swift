package import Manifests

/// How far a zone's clocks are ahead of UTC, and when they are changed.
package struct TimeZoneRules: Sendable, Hashable {
    /// The instants of changes, in seconds since 1970-01-01T00:00:00Z, ascending. Changes of a name alone are
    /// left out.
    package let changes: [Int64]
    /// Seconds ahead of UTC: before the first change, and from each change on.
    package let offsets: [Int32]

    package static let utc = TimeZoneRules(fixed: 0)

    package init(fixed offset: Int32) {
        changes = []
        offsets = [offset]
    }

    /// From what holds before the first change and from each change on, in any number; changes that change
    /// nothing are left out.
    init(initial: Int32, _ list: [(at: Int64, offset: Int32)]) {
        var changes: [Int64] = []
        var offsets = [initial]
        for (at, offset) in list {
            // Of several at one instant the last one holds.
            if changes.last == at {
                changes.removeLast()
                offsets.removeLast()
            }
            guard offset != offsets[offsets.count - 1] else { continue }
            changes.append(at)
            offsets.append(offset)
        }
        self.changes = changes
        self.offsets = offsets
    }

    /// Seconds ahead of UTC at an instant.
    package func offset(at instant: Int64) -> Int64 { Int64(offsets[index(at: instant)]) }

    package func local(_ instant: Int64) -> CivilTime { CivilTime(local: instant + offset(at: instant)) }

    /// A time between two changes, in which clocks simply go on.
    struct Stretch {
        var index: Int
        /// `Int64.min` and `Int64.max` where there is no change.
        var start: Int64
        var end: Int64
        var offset: Int64
        /// What held before `start`; the same where nothing did.
        var offsetBefore: Int64
    }

    func stretch(at instant: Int64) -> Stretch { stretch(index(at: instant)) }

    func stretch(_ index: Int) -> Stretch {
        Stretch(
            index: index, start: index == 0 ? .min : changes[index - 1],
            end: index == changes.count ? .max : changes[index], offset: Int64(offsets[index]),
            offsetBefore: Int64(offsets[max(0, index - 1)]))
    }

    /// The instant at which clocks show a time for the first time; the end of the gap where they never do.
    package func instant(ofLocal local: Int64) -> Int64 {
        var stretch = stretch(at: local - Self.offsetMax)
        while true {
            let instant = max(stretch.start, local - stretch.offset)
            if instant < stretch.end { return instant }
            stretch = self.stretch(stretch.index + 1)
        }
    }

    /// No zone was ever, or may be by RFC 8536, further from UTC than this, which is a day and two hours.
    static let offsetMax: Int64 = 93_600

    /// How many changes are at or before the instant.
    private func index(at instant: Int64) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
