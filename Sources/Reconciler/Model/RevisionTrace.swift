/// When a revision got how far on this host.
package struct RevisionTrace: Sendable, Hashable, Codable {
    /// In the order in which they are passed. A word rather than an enum, like all that is stored.
    package struct Stage: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
        package var rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
        package var description: String { rawValue }

        /// The agent saw that the ref names it.
        package static let seen = Stage(rawValue: "seen")
        /// It is in the agent's own mirror.
        package static let fetched = Stage(rawValue: "fetched")
        /// Its signature was found good.
        package static let verified = Stage(rawValue: "verified")
        /// Its files were read, decoded and checked.
        package static let decoded = Stage(rawValue: "decoded")
        /// It became the desired state.
        package static let accepted = Stage(rawValue: "accepted")
        /// The first plan for it was made.
        package static let planned = Stage(rawValue: "planned")
        /// The first process of what it brought was executing.
        package static let executing = Stage(rawValue: "executing")
        /// All that it brought was ready.
        package static let ready = Stage(rawValue: "ready")
        /// All that it brought proved healthy.
        package static let healthy = Stage(rawValue: "healthy")
        /// Something that it brought failed, and the last known good spec took its place: no success.
        package static let rolledBack = Stage(rawValue: "rolledBack")
    }
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
    /// `accepted`, `invalid`, …; "" while it is being read.
    package var outcome: String
    package var bootID: String
    package var marks: [Mark]
    /// Instances whose spec, size or place it changed.
    package var instances: Int
    /// The revision that took its place before all of it was healthy.
    package var supersededBy: Revision?

    package init(revision: Revision, outcome: String = "", bootID: String, marks: [Mark] = []) {
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
