/// What changes what the gates remember.
extension Gatekeeper {
    /// The candidate is held; true if that is news.
    package mutating func hold(_ held: HeldRevision) -> Bool {
        let before = memory.held
        change { $0.held = held }
        return before?.revision.id != held.revision.id
            || before?.holds.map(\.kind) != held.holds.map(\.kind)
            || before?.holds.map(\.message) != held.holds.map(\.message)
    }

    /// The candidate is the desired state now.
    package mutating func accepted(_ plan: GatedPlan, _ desired: Desired, at now: Moment) {
        let approved = memory.approval?.plan == plan.hash && !plan.actions.isEmpty
        count(plan, in: desired, approved: approved, at: now)
        pace.took(plan.disturbed, at: now.instant)
        change { memory in
            memory.held = nil
            memory.approval = nil
            memory.scope = AcceptedScope(revision: desired.revision.id, node: desired.node)
            // It is taken, or what it was to take the place of is gone.
            if memory.rewind?.from.id != desired.revision.id { memory.rewind = nil }
        }
    }

    /// Another revision is the newest, or the accepted one is again: nothing is held any more.
    package mutating func release() {
        change { memory in
            memory.held = nil
            memory.approval = nil
        }
    }

    /// Somebody agrees that a rewind is meant. It is remembered until another revision is accepted: gates may
    /// hold the one that it leads to for long, and the agent may end meanwhile.
    package mutating func approve(_ rewind: Rewind) { change { $0.rewind = rewind } }

    package enum ApprovalAnswer: Sendable, Hashable {
        case approved(HeldRevision)
        case nothingHeld
        /// Another plan is held.
        case other(HeldRevision)
        /// What holds it is not lifted by an approval.
        case suspended(HeldRevision)
    }

    /// Somebody approves what is held.
    package mutating func approve(
        _ text: String, by: String, reason: String, at now: Moment
    ) -> ApprovalAnswer {
        guard let held = memory.held else { return .nothingHeld }
        guard held.plan.hash.isNamed(by: text) else { return .other(held) }
        guard held.holds.contains(where: { $0.kind != .suspended }) else { return .suspended(held) }
        change {
            $0.approval = Approval(
                plan: held.plan.hash, revision: held.revision.id, by: by, reason: reason, at: now.wall)
        }
        return .approved(held)
    }

    /// Accept nothing new from now on. What was said before is replaced.
    package mutating func suspend(reason: String, by: String, lasting: Duration?, at now: Moment) {
        change {
            $0.suspension = Suspension(
                reason: reason, by: by, since: now.wall,
                until: lasting.map { now.later(to: now.instant + $0) })
        }
    }

    /// nil: it was not suspended.
    package mutating func resume() -> Suspension? {
        let was = memory.suspension
        change { $0.suspension = nil }
        return was
    }

    /// The suspension whose time is over, if there is one; it is lifted with that.
    package mutating func lapse(at now: Moment) -> Suspension? {
        guard let until = memory.suspension?.until, until.instant <= now.instant else { return nil }
        return resume()
    }
}
