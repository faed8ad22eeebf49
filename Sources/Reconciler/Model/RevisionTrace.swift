/// When a revision got how far on this host.
package struct RevisionTrace: Sendable, Hashable, Codable {
    /// In the order in which they are passed.
    package typealias Stage = StoredWord<RevisionTrace>
    package struct Mark: Sendable, Hashable, Codable {
        package var stage: Stage
        package var wall: WallTime
        /// On the clock of the boot: what durations are counted by.
        package var instant: Instant

        package init(stage: Stage, wall: WallTime, instant: Instant) {
            self.stage = stage
            self.wall = wall
            self.instant = instant
        }
    }
    package var revision: Revision
    package var outcome: Revision.Outcome
    package var bootID: String
    package var marks: [Mark]
    /// Instances whose spec, size or place it changed.
    package var instances: Int
    /// The revision that took its place before all of it was healthy.
    package var supersededBy: Revision?

    package init(
        revision: Revision, outcome: Revision.Outcome = .reading, bootID: String, marks: [Mark] = []
    ) {
        self.revision = revision
        self.outcome = outcome
        self.bootID = bootID
        self.marks = marks
        self.instances = 0
        self.supersededBy = nil
    }

    /// Each stage is passed once: what counts is when it was passed first.
    package mutating func mark(_ stage: Stage, wall: WallTime, instant: Instant) {
        guard !has(stage) else { return }
        marks.append(Mark(stage: stage, wall: wall, instant: instant))
    }

    package func has(_ stage: Stage) -> Bool { marks.contains { $0.stage == stage } }
}

extension StoredWord where Of == RevisionTrace {
    /// The agent saw that the ref names it.
    package static let seen = Self(rawValue: "seen")
    /// It is in the agent's own mirror.
    package static let fetched = Self(rawValue: "fetched")
    /// Its signature was found good.
    package static let verified = Self(rawValue: "verified")
    /// Its files were read, decoded and checked.
    package static let decoded = Self(rawValue: "decoded")
    /// It began to wait for its turn: commits have just changed what it would change.
    package static let paced = Self(rawValue: "paced")
    /// It became the desired state.
    package static let accepted = Self(rawValue: "accepted")
    /// The first plan for it was made.
    package static let planned = Self(rawValue: "planned")
    /// The first process of what it brought was executing.
    package static let executing = Self(rawValue: "executing")
    /// All that it brought was ready.
    package static let ready = Self(rawValue: "ready")
    /// All that it brought proved healthy.
    package static let healthy = Self(rawValue: "healthy")
    /// Something that it brought failed, and the last known good spec took its place: no success.
    package static let rolledBack = Self(rawValue: "rolledBack")
}
