import Manifests
package import Reconciler

/// What stands between a valid revision and its being applied, and what would lift it.
package struct GatesDocument: Codable, Sendable, Hashable {
    /// The revision that is held; nil: none.
    package var held: HeldDocument?
    /// Of the whole host; nil: it is not suspended.
    package var suspension: SuspensionDocument?
    /// nil: no windows are declared.
    package var window: WindowDocument?
    package var applyDelay: String
    package var fuse: FuseDocument

    package init(_ status: GateStatus) {
        held = status.memory.held.map(HeldDocument.init)
        suspension = status.memory.suspension.map(SuspensionDocument.init)
        window = WindowDocument(status.windows)
        applyDelay = Quantities.text(status.settings.applyDelay)
        fuse = FuseDocument(status.settings.fuse)
    }
}

package struct HeldDocument: Codable, Sendable, Hashable {
    package var revision: RevisionDocument
    /// `7d1f-02ac`: what `plumb approve` takes.
    package var plan: String
    package var since: Timestamp
    package var holds: [HoldDocument]
    /// What it would remove or restart here.
    package var actions: [GatedActionDocument]

    package init(_ held: HeldRevision) {
        revision = RevisionDocument(held.revision)
        plan = held.plan.hash.description
        since = Timestamp(held.since)
        holds = held.holds.map(HoldDocument.init)
        actions = held.plan.actions.map(GatedActionDocument.init)
    }
}

package struct HoldDocument: Codable, Sendable, Hashable {
    /// `FuseBlown`, `WindowClosed`, …
    package var reason: String
    package var message: String
    /// What lifts it.
    package var lift: String
    /// When it is lifted by itself; nil: it is not.
    package var until: Timestamp?

    package init(_ hold: Hold) {
        reason = hold.kind.rawValue
        message = hold.message
        lift = hold.lift
        until = hold.until.map { Timestamp($0.wall) }
    }
}

package struct GatedActionDocument: Codable, Sendable, Hashable {
    /// `remove` or `restart`.
    package var action: String
    package var instance: String
    package var replicas: Int
    /// Spec hashes.
    package var from: String
    package var to: String?

    package init(_ action: GatedPlan.Action) {
        self.action = action.kind.rawValue
        instance = action.instance
        replicas = action.replicas
        from = action.from.hex
        to = action.to?.hex
    }
}

package struct SuspensionDocument: Codable, Sendable, Hashable {
    package var reason: String
    /// `ann (uid 1000, pid 4242)`.
    package var by: String
    package var since: Timestamp
    /// nil: until `plumb resume`.
    package var until: Timestamp?

    package init(_ suspension: Suspension) {
        reason = suspension.reason
        by = suspension.by
        since = Timestamp(suspension.since)
        until = suspension.until.map { Timestamp($0.wall) }
    }
}

package struct WindowDocument: Codable, Sendable, Hashable {
    package var open: Bool
    /// When that changes; nil: not as far as the calendar looks.
    package var until: Timestamp?

    init?(_ state: WindowState) {
        switch state {
        case .always: return nil
        case .open(let end): (open, until) = (true, Timestamp(end))
        case .closed(let opensAt): (open, until) = (false, opensAt.map(Timestamp.init))
        }
    }
}

package struct FuseDocument: Codable, Sendable, Hashable {
    /// `50%`.
    package var maxRemoved: String
    package var maxRestarted: String
    package var window: String

    init(_ fuse: FusePolicy) {
        maxRemoved = "\(fuse.maxRemoved)%"
        maxRestarted = "\(fuse.maxRestarted)%"
        window = Quantities.text(fuse.window)
    }
}
