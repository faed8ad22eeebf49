import Manifests
import Reconciler

/// A revision that was read, trusted and found valid, on its way to being the desired state.
struct Candidate {
    var revision: Revision
    var desired: Desired
    var content: SourceContent
    var plan: GatedPlan
}

extension AgentLoop {
    /// The last arrow before acceptance: what the gates hold stays a candidate, and what is accepted stays in
    /// force.
    func consider(_ revision: Revision, _ snapshot: Snapshot, _ content: SourceContent, at moment: Moment) {
        let desired = resolver.resolve(snapshot, revision: revision, node: settings.node)
        source.diagnostics = []
        conditions.clear(.invalid)
        weigh(
            Candidate(
                revision: revision, desired: desired, content: content,
                plan: GatedPlan(from: world.inForce, to: desired)),
            at: moment)
    }

    private func weigh(_ candidate: Candidate, at moment: Moment) {
        paced = nil
        let isFirst = source.accepted == nil && world.inForce.isEmpty
        let held = gates.weigh(
            candidate.revision, candidate.plan, isFirst: isFirst, windows: calendar.windows(at: moment.wall),
            at: moment)
        guard let held else {
            if !isFirst, let wait = gates.pace(candidate.revision, candidate.plan, at: moment) {
                // It is the newest: what is held beside it is not weighed any more.
                self.candidate = nil
                paced = (candidate, wait)
                return recorder.passed(.paced, candidate.revision.id, at: moment)
            }
            liftHold(for: candidate, at: moment)
            return accept(candidate, at: moment)
        }
        self.candidate = candidate
        guard gates.hold(held) else { return }
        showHold(at: moment)
        note(.held, held.text, revision: held.revision)
        recorder.refused(held.revision.id, outcome: .held)
        batch.revisions.append(
            RevisionOutcome(revision: held.revision, outcome: .held, message: held.text, at: moment.wall))
    }

    /// Once in each turn: what lapses by itself, and what may pass by now.
    func weighAgain(at moment: Moment) {
        if let lapsed = gates.lapse(at: moment) {
            note(.resumed, "the suspension by \(lapsed.by) has lapsed: \(lapsed.reason)")
            conditions.clear(.suspended)
        }
        if let paced, paced.wait.until <= moment.instant { weigh(paced.candidate, at: moment) }
        guard let candidate, let held = gates.memory.held else { return }
        let isDue = held.holds.contains { $0.until.map { $0.instant <= moment.instant } ?? false }
        guard isDue else { return }
        guard newerThanCandidate != nil else { return weigh(candidate, at: moment) }
        // Time lifts nothing any more: the newer revision decides, once it is read.
        var waiting = held
        for index in waiting.holds.indices { waiting.holds[index].until = nil }
        _ = gates.hold(waiting)
    }

    /// What was seen after the candidate, and is not read yet, or cannot be: the candidate may be what it
    /// takes back, and waits for it.
    var newerThanCandidate: Revision? {
        guard let candidate, let seen = source.seen, seen.id != candidate.revision.id else { return nil }
        return seen
    }

    /// Commits on top of the held one may say that its plan is meant.
    func approve(byCommit reading: RevisionReading, at moment: Moment) {
        guard let held = gates.memory.held else { return }
        var approvals = reading.approvals
        if approvals.isEmpty, reading.revision.approves != nil {
            // Without approvers nothing was looked for; whoever tries is told.
            approvals = [ApprovingCommit(revision: reading.revision, descendsFromHeld: false)]
        }
        for var commit in approvals where gates.memory.approval?.plan != held.plan.hash {
            if reading.held != held.revision.id { commit.descendsFromHeld = false }
            approve(by: commit, at: moment)
        }
    }

    private func approve(by commit: ApprovingCommit, at moment: Moment) {
        switch gates.approve(by: commit, at: moment) {
        case nil: break
        case .success(let held):
            note(
                .approved,
                "plan \(held.plan.hash) of \(held.revision.short) is approved by \(commit.revision.short), "
                    + "signed by \(commit.revision.signer?.principal ?? "nobody")",
                revision: commit.revision)
        case .failure(let refusal):
            guard refusedApprovals.insert(commit.revision.id).inserted else { return }
            note(
                .approvalRefused,
                "\(commit.revision.short) by \(commit.revision.author) does not approve what is held: "
                    + refusal.message, revision: commit.revision)
        }
    }

    private func liftHold(for candidate: Candidate, at moment: Moment) {
        self.candidate = nil
        refusedApprovals = []
        conditions.clear(.held)
        guard let held = gates.memory.held else { return }
        let approval = gates.memory.approval
        if held.revision.id == candidate.revision.id || approval?.plan == candidate.plan.hash {
            let how = approval.map { "approved by \($0.by)\($0.reason.isEmpty ? "" : ": \($0.reason)")" }
            note(
                .holdLifted,
                "\(candidate.revision.short) is held no longer: \(how ?? "nothing is in its way any more")",
                revision: candidate.revision)
        } else {
            note(
                .holdLifted, "\(held.revision.short) is superseded by \(candidate.revision.short)",
                revision: candidate.revision)
        }
    }

    /// The ref names something else now: what was held is of no matter any more.
    func dropHold(because reason: String) {
        candidate = nil
        paced = nil
        refusedApprovals = []
        conditions.clear(.held)
        guard let held = gates.memory.held else { return }
        note(.holdLifted, "\(held.revision.short) is held no longer: \(reason)", revision: held.revision)
        gates.release()
    }

    /// What an earlier agent knew of holds, before anything is read again.
    func openGates(_ remembered: Remembered, at moment: Moment) {
        gates = Gatekeeper(settings: settings.gates, memory: remembered.gates ?? GateMemory())
        if remembered.bootID != clock.bootID { gates.forgetInstants(now: moment) }
        showHold(at: moment)
        showSuspension(at: moment)
    }

    private func showHold(at moment: Moment) {
        guard let held = gates.memory.held else { return }
        conditions.set(
            .held, true, reason: held.holds.first?.kind.rawValue ?? "Held", message: held.text,
            at: held.since, revision: held.revision.id)
    }

    private func showSuspension(at moment: Moment) {
        guard let suspension = gates.memory.suspension else { return conditions.clear(.suspended) }
        conditions.set(
            .suspended, true, reason: "HostSuspended", message: suspension.text, at: suspension.since)
    }

    /// Under which settings the accepted snapshot was accepted; nil: as far as is known, under those of now.
    func acceptedNode(_ accepted: AcceptedSource) -> Node {
        guard let scope = gates.memory.scope, scope.revision == accepted.revision.id else {
            return settings.node
        }
        return scope.node
    }
}

// Verbs -----------------------------------------------------------------------------------------------

extension AgentLoop {
    func approve(_ plan: String, reason: String, by caller: Caller, at moment: Moment) -> ControlOutcome {
        if let newer = newerThanCandidate, let held = gates.memory.held {
            return .refused(
                ControlRefusal(
                    code: "Superseded",
                    message: "\(held.revision.short) is the newest revision no longer: that is "
                        + "\(newer.short), which is not read yet",
                    remedy: "look at `plumb status`, and approve what is held then"))
        }
        switch gates.approve(plan, by: caller.text, reason: reason, at: moment) {
        case .nothingHeld:
            return .refused(
                ControlRefusal(
                    code: "NothingHeld", message: "nothing is held on \(settings.node.name)",
                    remedy: "look at `plumb status`"))
        case .other(let held):
            return .refused(
                ControlRefusal(
                    code: "OtherPlan",
                    message: "plan \(plan) is not held: \(held.revision.short) is, with plan "
                        + "\(held.plan.hash)",
                    remedy: "look at it with plumb diff --revision \(held.revision.id.hex.prefix(12)), and "
                        + "approve what you have seen"))
        case .suspended(let held):
            return .refused(
                ControlRefusal(
                    code: "HostSuspended",
                    message: "\(held.revision.short) waits only because this host is suspended",
                    remedy: "plumb resume"))
        case .approved(let held):
            world.note(
                EventRecord(
                    kind: .approved, time: moment.wall, revision: held.revision, caller: caller,
                    message: "plan \(held.plan.hash) of \(held.revision.short) is approved by "
                        + "\(caller.text): \(reason)"))
            if let candidate { weigh(candidate, at: moment) }
            let what = "plan \(held.plan.hash) of \(held.revision.short) is approved"
            guard let left = gates.memory.held else { return .done("\(what), and applied now") }
            let rest = left.holds.filter { $0.kind == .suspended }
            return .done(
                rest.isEmpty
                    ? "\(what); it is applied once the revision is read again"
                    : "\(what); it still waits: \(rest.map(\.text).joined(separator: "; "))")
        }
    }

    func suspend(
        _ reason: String, lasting: Duration?, by caller: Caller, at moment: Moment
    ) -> ControlOutcome {
        gates.suspend(reason: reason, by: caller.text, lasting: lasting, at: moment)
        showSuspension(at: moment)
        let time = lasting.map { "for \($0.rough)" } ?? "until plumb resume"
        world.note(
            EventRecord(
                kind: .suspended, time: moment.wall, caller: caller,
                message: "suspended \(time) by \(caller.text): \(reason)"))
        if let candidate, newerThanCandidate == nil { weigh(candidate, at: moment) }
        return .done(
            "\(settings.node.name) is suspended \(time): no new revision is applied; what runs is "
                + "supervised, and rollouts that began go on")
    }

    func resume(by caller: Caller, at moment: Moment) -> ControlOutcome {
        guard let was = gates.resume() else {
            return .refused(
                ControlRefusal(
                    code: "NotSuspended", message: "\(settings.node.name) is not suspended",
                    remedy: "an Instance is suspended by spec.suspend in its declaration"))
        }
        conditions.clear(.suspended)
        world.note(
            EventRecord(
                kind: .resumed, time: moment.wall, caller: caller,
                message: "resumed by \(caller.text); it was suspended by \(was.by): \(was.reason)"))
        if let candidate, newerThanCandidate == nil { weigh(candidate, at: moment) }
        guard let held = gates.memory.held else { return .done("\(settings.node.name) goes on") }
        return .done("\(settings.node.name) goes on; \(held.text)")
    }
}
