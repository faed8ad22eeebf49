/// What the gates must remember beyond the agent's life: stored in one piece, with every change.
/// Everything is optional, so that a later version can say more, and an earlier one reads what it knows.
package struct GateMemory: Sendable, Hashable, Codable {
    package var held: HeldRevision?
    package var approval: Approval?
    package var suspension: Suspension?
    /// What was taken away or restarted within the fuse's window.
    package var losses: [Loss]?
    /// The host settings under which the accepted snapshot was accepted.
    package var scope: AcceptedScope?
    /// The rewind that somebody agreed to, until it is taken.
    package var rewind: Rewind?

    package init() {}

    /// Another boot: what happened in the last one counts as if it had happened now, rather than not at all.
    package mutating func forgetInstants(now: Moment) {
        losses = losses?.map { loss in
            var loss = loss
            loss.at = now.instant
            return loss
        }
        if let held {
            let waited = max(0, now.wall.nanoseconds - held.seen.wall.nanoseconds)
            self.held?.seen.instant = now.instant + .nanoseconds(-waited)
        }
        if let until = suspension?.until {
            let left = until.wall.nanoseconds - now.wall.nanoseconds
            suspension?.until?.instant = now.instant + .nanoseconds(left)
        }
    }
}

/// A revision that is understood and not applied.
package struct HeldRevision: Sendable, Hashable, Codable {
    package var revision: Revision
    package var plan: GatedPlan
    /// What holds it; not empty.
    package var holds: [Hold]
    /// When the revision was first considered, and since when it is held.
    package var seen: Moment
    package var since: WallTime
    /// The settings that it was weighed under.
    package var fuse: FusePolicy?
    /// Who signed the revision that brought this plan: others on top of it may have the same plan.
    package var broughtBy: Signer?

    package init(
        revision: Revision, plan: GatedPlan, holds: [Hold], seen: Moment, since: WallTime,
        fuse: FusePolicy? = nil, broughtBy: Signer? = nil
    ) {
        self.revision = revision
        self.plan = plan
        // Of weight only while the plan is new; see `GatedPlan.disturbed`.
        self.plan.disturbed = []
        self.holds = holds
        self.seen = seen
        self.since = since
        self.fuse = fuse
        self.broughtBy = broughtBy
    }

    package func isHeld(by kind: Hold.Kind) -> Bool { holds.contains { $0.kind == kind } }
}

/// One thing that keeps a revision from being applied.
package struct Hold: Sendable, Hashable, Codable {
    /// A word rather than an enum: what a newer version says must be readable after a downgrade.
    package struct Kind: RawRepresentable, Sendable, Hashable, Codable {
        package var rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }

        package static let fuse = Kind(rawValue: "FuseBlown")
        package static let window = Kind(rawValue: "WindowClosed")
        package static let delay = Kind(rawValue: "ApplyDelay")
        package static let suspended = Kind(rawValue: "HostSuspended")
    }
    package var kind: Kind
    /// Why, in one clause.
    package var message: String
    /// What lifts it, in one clause.
    package var lift: String
    /// When it is lifted by itself; nil: it is not.
    package var until: Moment?

    package init(kind: Kind, message: String, lift: String, until: Moment? = nil) {
        self.kind = kind
        self.message = message
        self.lift = lift
        self.until = until
    }
}

/// Somebody's word that a plan is meant.
package struct Approval: Sendable, Hashable, Codable {
    package var plan: PlanHash
    /// The revision that was held when it was given. A window or a delay is lifted for it alone: the hash
    /// says nothing of changes that take nothing away.
    package var revision: RevisionID
    /// `ann (uid 1000, pid 4242)`, or who signed the commit that approves.
    package var by: String
    package var reason: String
    package var at: WallTime

    package init(plan: PlanHash, revision: RevisionID, by: String, reason: String, at: WallTime) {
        self.plan = plan
        self.revision = revision
        self.by = by
        self.reason = reason
        self.at = at
    }
}

/// Nothing new is accepted until somebody says so, or the time is over.
package struct Suspension: Sendable, Hashable, Codable {
    package var reason: String
    package var by: String
    package var since: WallTime
    /// nil: until `plumb resume`.
    package var until: Moment?

    package init(reason: String, by: String, since: WallTime, until: Moment?) {
        self.reason = reason
        self.by = by
        self.since = since
        self.until = until
    }
}

/// Replicas that an accepted revision took away or restarted.
package struct Loss: Sendable, Hashable, Codable {
    package var kind: GatedPlan.Kind
    package var instance: String
    package var replicas: Int
    package var at: Instant
}

/// Host settings that decide what of a snapshot is for this host.
package struct AcceptedScope: Sendable, Hashable, Codable {
    /// Of which accepted revision it is said: one that another version accepted meanwhile is another matter.
    package var revision: RevisionID
    package var node: Node

    package init(revision: RevisionID, node: Node) {
        self.revision = revision
        self.node = node
    }
}
