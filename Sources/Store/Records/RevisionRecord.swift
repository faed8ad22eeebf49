package import Reconciler

/// What became of one revision that was seen.
package struct RevisionRecord: Sendable, Hashable {
    /// A word rather than an enum: a newer version's words must be readable after a downgrade.
    package struct Outcome: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        package var rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
        package var description: String { rawValue }

        package static let accepted = Outcome(rawValue: "accepted")
        /// It does not decode or validate; the message has the diagnostics.
        package static let invalid = Outcome(rawValue: "invalid")
        /// Accepted, and nothing that runs is touched by it.
        package static let unchanged = Outcome(rawValue: "unchanged")
        /// It could not be read whole.
        package static let unreadable = Outcome(rawValue: "unreadable")
        /// It is not trusted; the message says which commit is not, and why.
        package static let rejected = Outcome(rawValue: "rejected")
        /// It loses an accepted commit.
        package static let rewound = Outcome(rawValue: "rewound")
    }
    package var revision: Revision
    package var outcome: Outcome
    package var message: String
    package var at: WallTime

    package init(revision: Revision, outcome: Outcome, message: String, at: WallTime) {
        self.revision = revision
        self.outcome = outcome
        self.message = message
        self.at = at
    }
}
