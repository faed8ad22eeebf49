/// "Did you mean …?"
package enum EditDistance {
    /// Names longer than this are never compared: no key that anyone meant is.
    private static let lengthMax = 64

    /// The nearest candidate, if it is near enough to be meant.
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        guard word.utf8.count <= lengthMax else { return nil }
        let target = Array(word.lowercased().utf8)
        let allowed = Swift.max(1, target.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in candidates where candidate.utf8.count <= lengthMax {
            let distance = distance(target, Array(candidate.lowercased().utf8))
            guard distance <= allowed else { continue }
            if let best, (best.distance, best.name) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// `; did you mean 'x'?`, or nothing.
    static func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
        nearest(to: word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Insertions, deletions, replacements, and swaps of neighbours, which are the commonest slip.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if a.isEmpty || b.isEmpty { return Swift.max(a.count, b.count) }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            row.reserveCapacity(b.count + 1)
            for j in 1...b.count {
                let same = a[i - 1] == b[j - 1]
                var cost = Swift.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (same ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    cost = Swift.min(cost, beforeLast[j - 2] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
