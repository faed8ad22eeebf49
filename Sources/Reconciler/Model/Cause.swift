package import Manifests

/// Why an action is taken. There is no action without one.
package struct Cause: Sendable, Hashable, Codable {
    package enum Reason: Sendable, Hashable, Codable {
        case newInstance
        case removed
        /// Fields changed; `changes` says which.
        case changed
        /// `replicas`, `desired` or `nodes` changed.
        case scaled
        case exited(ExitReport)
        case probeFailed(ProbeKind, detail: String)
        /// A replica that is meant to run does not, and nothing is known of an earlier run.
        case missing
        case agentStopping
        /// The live process, or its program on disk, is no longer what was started.
        case drifted(detail: String?)
        /// The declared spec failed here, and the last known good one takes its place.
        case rolledBack(why: String?)
        /// Somebody asked for another try (`plumb retry`), or the host was mended.
        case retried(why: String?)
        /// A Schedule restarts the Instance.
        case scheduled(by: String?)
    }

    package var reason: Reason
    package var changes: [FieldChange]
    package var place: Location?
    /// The revision that made it necessary; nil for what no commit caused.
    package var revision: Revision?

    package init(
        reason: Reason, changes: [FieldChange] = [], place: Location? = nil, revision: Revision? = nil
    ) {
        self.reason = reason
        self.changes = changes
        self.place = place
        self.revision = revision
    }
}

extension Cause {
    /// A reason that only a later version knows says no more than that something is missing: memory that an
    /// upgrade left is still read after the way back.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            reason: (try? values.decode(Reason.self, forKey: .reason)) ?? .missing,
            changes: try values.decode([FieldChange].self, forKey: .changes),
            place: try values.decodeIfPresent(Location.self, forKey: .place),
            revision: try values.decodeIfPresent(Revision.self, forKey: .revision))
    }
}

/// One field with its old and new value; nil where it was not or is no longer written.
package struct FieldChange: Sendable, Hashable, Codable {
    package enum Effect: String, Sendable, Hashable, Codable {
        case none, live, reload, restart, scale
        /// Of a Schedule: from its next firing on. In no cause, and not stored.
        case next
    }
    package var path: String
    package var old: String?
    package var new: String?
    package var effect: Effect
    package var place: Location

    package init(path: String, old: String?, new: String?, effect: Effect, place: Location) {
        self.path = path
        self.old = old
        self.new = new
        self.effect = effect
        self.place = place
    }
}
