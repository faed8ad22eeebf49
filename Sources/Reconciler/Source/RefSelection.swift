package import Manifests

/// Which commit of the repository is wanted: `source.ref` of the host's settings. Which it is now is decided
/// here, among names; what they lead to is the reader's to say.
package enum RefSelection: Hashable, Sendable {
    case branch(String)
    /// The highest tag that fits a pattern, by `TagOrder`.
    case tag(pattern: String)
    /// The highest version in a range among the tags `1.4.2` and `v1.4.2`.
    case semver(VersionRange, text: String)
    /// Forty digits.
    case commit(String)

    /// What a pinned commit is shown to come from.
    package static let pinned = "commit"

    /// The tag that is followed among these; nil where none fits, or where no tag is followed.
    package func choice(among tags: [String]) -> String? {
        switch self {
        case .branch, .commit: nil
        case .tag(let pattern):
            tags.filter { SourcePattern.matches(pattern, $0) }.max(by: TagOrder.isBefore)
        case .semver(let range, _): Self.highest(in: range, among: tags)
        }
    }

    private static func highest(in range: VersionRange, among tags: [String]) -> String? {
        var best: (tag: String, version: SemanticVersion)?
        for tag in tags {
            guard let version = TagOrder.version(of: tag), range.contains(version) else { continue }
            // Two tags of one version: the choice must not depend on the order in which they were listed.
            if let old = best, version < old.version || (version == old.version && tag < old.tag) { continue }
            best = (tag, version)
        }
        return best?.tag
    }

    /// Whether the newest of several tags is followed.
    package var followsTags: Bool {
        switch self {
        case .branch, .commit: false
        case .tag, .semver: true
        }
    }
}

extension RefSelection: CustomStringConvertible {
    /// As status shows it: a branch by its name, all else by its kind.
    package var description: String {
        switch self {
        case .branch(let name): name
        case .tag(let pattern): "tag \(pattern)"
        case .semver(_, let text): "semver \(text)"
        case .commit(let hex): "\(Self.pinned) \(hex.prefix(7))"
        }
    }
}

/// How tags are ordered: numbers in them as numbers, and `v1.2.0-rc.1` before `v1.2.0`.
package enum TagOrder {
    package static func isBefore(_ a: String, _ b: String) -> Bool {
        let (left, right) = (parts(a), parts(b))
        return left == right ? a < b : left.lexicographicallyPrecedes(right)
    }

    /// The version that a tag names; nil where it names none.
    static func version(of tag: String) -> SemanticVersion? {
        SemanticVersion(tag.hasPrefix("v") ? tag.dropFirst() : tag[...])
    }

    /// In ascending order. The end stands between a pre-release and whatever else follows.
    private enum Part: Comparable {
        case prerelease(String)
        case end
        case number(digits: Int, String)
        case text(String)
    }

    private static func parts(_ tag: String) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(tag)
        while let first = rest.first {
            let isNumber = first.isASCII && first.isNumber
            let run = rest.prefix { ($0.isASCII && $0.isNumber) == isNumber }
            rest = rest.dropFirst(run.count)
            if isNumber {
                // Without leading zeros the longer number is the larger one, however long both are.
                let digits = run.drop { $0 == "0" }
                parts.append(.number(digits: digits.count, String(digits)))
            } else {
                parts.append(first == "-" ? .prerelease(String(run)) : .text(String(run)))
            }
        }
        return parts + [.end]
    }
}
