/// The followed ref names a commit that does not have the accepted one in its history: something that is in
/// force would be lost.
package struct Rewind: Hashable, Sendable, Codable {
    package var from: Revision
    package var to: Revision
    /// The accepted commit is not in the repository at all any more.
    package var isGone: Bool

    package init(from: Revision, to: Revision, isGone: Bool) {
        self.from = from
        self.to = to
        self.isGone = isGone
    }

    /// `3f2a9c1..9c02e11`, as an approval names it.
    package var range: String { "\(from.id)..\(to.id)" }
}

/// How the accepted commit stands to another one.
package enum Ancestry: Hashable, Sendable {
    case ancestor
    case unrelated
    /// The accepted commit is nowhere in the repository.
    case gone
}

/// What the host allows, and what was approved.
package struct RewindRules: Hashable, Sendable {
    package var selection: RefSelection?
    package var allowsRewind: Bool
    /// The one rewind that somebody on the host agreed to.
    package var approved: Rewind?

    package init(selection: RefSelection? = nil, allowsRewind: Bool = false, approved: Rewind? = nil) {
        self.selection = selection
        self.allowsRewind = allowsRewind
        self.approved = approved
    }

    /// Whether it has to be asked if `accepted` is in the history of `candidate`. Commits that were seen and
    /// never accepted do not count: taking them back is free.
    package func mustAsk(accepted: Revision?, candidate: Revision) -> Bool {
        guard let accepted, accepted.id != candidate.id, !allowsRewind else { return false }
        if approved?.from.id == accepted.id, approved?.to.id == candidate.id { return false }
        switch selection {
        // The host's own settings name the commit.
        case .commit: return false
        // A higher tag is no step back, though a release may stand on a branch of its own.
        case .tag, .semver: return !TagOrder.isBefore(accepted.ref, candidate.ref)
        // Another branch is the host's own decision too.
        case .branch, nil: return accepted.ref == candidate.ref
        }
    }

    /// The rewind that it is; nil where nothing is lost.
    package func judge(accepted: Revision, candidate: Revision, _ ancestry: Ancestry) -> Rewind? {
        switch ancestry {
        case .ancestor: nil
        case .unrelated: Rewind(from: accepted, to: candidate, isGone: false)
        case .gone: Rewind(from: accepted, to: candidate, isGone: true)
        }
    }
}
