/// Which versions a reference accepts: `^1.4`, `~1.4.2`, `>=1.2 <2`, `1.2 - 1.9`, `1.x || 3.*`, `*`.
///
/// Spaces mean *and*, `||` means *or*. A pre-release fits only where the range names a pre-release of the
/// same major.minor.patch, so `^1.4` never picks `1.5.0-rc.1`, and `^1.5.0-rc.1` does.
package struct VersionRange: Sendable, Hashable {
    /// One of these must hold as a whole.
    var alternatives: [[Comparator]]

    struct Comparator: Sendable, Hashable {
        enum Relation: Sendable { case less, lessOrEqual, equal, greaterOrEqual, greater }
        var relation: Relation
        var version: SemanticVersion
        /// Whether its author wrote a pre-release, and so wants pre-releases of this release.
        var namesPrerelease: Bool
    }

    /// Every released version.
    package static let any = VersionRange(alternatives: [[]])

    init(alternatives: [[Comparator]]) { self.alternatives = alternatives }

    /// nil where the text is not a range.
    package init?(_ text: String) {
        var alternatives: [[Comparator]] = []
        var rest = Substring(text)
        while true {
            let bar = rest.firstBars
            guard let comparators = VersionRangeParser.comparators(rest[..<(bar ?? rest.endIndex)]) else {
                return nil
            }
            alternatives.append(comparators)
            guard let bar else { break }
            rest = rest[rest.utf8.index(bar, offsetBy: 2)...]
        }
        self.alternatives = alternatives
    }

    package func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { comparators in
            guard comparators.allSatisfy({ $0.holds(for: version) }) else { return false }
            return version.prerelease.isEmpty
                || comparators.contains { $0.namesPrerelease && $0.version.sameRelease(as: version) }
        }
    }

    /// The highest of the versions that fits.
    package func highest(of versions: some Sequence<SemanticVersion>) -> SemanticVersion? {
        versions.lazy.filter(contains).max()
    }
}

extension VersionRange.Comparator {
    func holds(for version: SemanticVersion) -> Bool {
        switch relation {
        case .less: version < self.version
        case .lessOrEqual: version <= self.version
        case .equal: version == self.version
        case .greaterOrEqual: version >= self.version
        case .greater: version > self.version
        }
    }
}

extension Substring {
    /// Where `||` begins.
    fileprivate var firstBars: Index? {
        let bar = UInt8(ascii: "|")
        return utf8.indices.first { index in
            let next = utf8.index(after: index)
            return utf8[index] == bar && next < endIndex && utf8[next] == bar
        }
    }
}
