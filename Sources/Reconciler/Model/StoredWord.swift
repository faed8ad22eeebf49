/// One word of a closed set that is stored, such as what became of a revision. A struct rather than an enum:
/// what a newer version says must be readable after a downgrade. `Of` is what the word is said of, so that
/// the words of two sets are never mixed.
package struct StoredWord<Of>: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    package var rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package var description: String { rawValue }
}

extension Revision {
    /// What became of it.
    package typealias Outcome = StoredWord<Revision>
}

extension StoredWord where Of == Revision {
    /// It is being read; nothing is known yet.
    package static let reading = Self(rawValue: "")
    package static let accepted = Self(rawValue: "accepted")
    /// It does not decode or validate; the message has the diagnostics.
    package static let invalid = Self(rawValue: "invalid")
    /// Accepted, and nothing that runs is touched by it.
    package static let unchanged = Self(rawValue: "unchanged")
    /// It could not be read whole.
    package static let unreadable = Self(rawValue: "unreadable")
    /// It is not trusted; the message says which commit is not, and why.
    package static let rejected = Self(rawValue: "rejected")
    /// It loses an accepted commit.
    package static let rewound = Self(rawValue: "rewound")
    /// A gate holds it.
    package static let held = Self(rawValue: "held")
    /// It waited for its turn, or for being read, when a newer one took its place; it was never applied.
    package static let superseded = Self(rawValue: "superseded")
}
