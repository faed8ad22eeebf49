import Manifests

extension Gatekeeper {
    /// Whether the candidate takes away or restarts more than the host's settings allow. It does not mend by
    /// itself: what blew it once is approved, changed or taken back.
    func blown(_ plan: GatedPlan, at now: Moment) -> Hold? {
        let reasons = [removal(plan, at: now), restart(plan, at: now)].compactMap { $0 }
        if reasons.isEmpty {
            // Other settings are another fuse; time alone mends nothing.
            guard let held = memory.held, held.plan.hash == plan.hash, held.fuse == settings.fuse else {
                return nil
            }
            return held.holds.first { $0.kind == .fuse }
        }
        return Hold(
            kind: .fuse, message: reasons.joined(separator: "; "), lift: Self.command(plan.hash))
    }

    private func removal(_ plan: GatedPlan, at now: Moment) -> String? {
        let (limit, removed) = (settings.fuse.maxRemoved, plan.replicas(.remove))
        guard removed > 0, limit < 100 else { return nil }
        let earlier = recent(.remove, but: plan, at: now)
        let (total, base) = (removed + earlier, plan.assigned + earlier)
        if plan.remaining == 0 {
            return "it removes \(Self.count(removed)) and leaves none on this host"
        }
        guard total * 100 > limit * base else { return nil }
        return "it removes \(removed) of \(Self.count(plan.assigned))"
            + sum("removed", total, base, earlier) + ", more than fuse.maxRemoved \(limit)%"
    }

    private func restart(_ plan: GatedPlan, at now: Moment) -> String? {
        let (limit, restarted) = (settings.fuse.maxRestarted, plan.replicas(.restart))
        // What is restarted twice is one that is disturbed: a fix restarts what it fixes, and is free.
        let earlier = recent(.restart, but: plan, at: now)
        let total = restarted + earlier
        guard restarted > 0, total * 100 > limit * plan.assigned else { return nil }
        return "it restarts \(restarted) of \(Self.count(plan.assigned))"
            + sum("restarted", total, plan.assigned, earlier) + ", more than fuse.maxRestarted \(limit)%"
    }

    private func sum(_ word: String, _ total: Int, _ base: Int, _ earlier: Int) -> String {
        earlier == 0
            ? ""
            : " (\(total) of \(base) are \(word) with those of the last "
                + "\(Quantities.text(settings.fuse.window)))"
    }

    private static func count(_ number: Int) -> String { "\(number) replica\(number == 1 ? "" : "s")" }

    /// Replicas of other Instances that were lost within the window.
    private func recent(_ kind: GatedPlan.Kind, but plan: GatedPlan, at now: Moment) -> Int {
        let own = Set(plan.actions.filter { $0.kind == kind }.map(\.instance))
        return (memory.losses ?? []).reduce(0) { sum, loss in
            let counts = loss.kind == kind && !own.contains(loss.instance) && isRecent(loss, at: now)
            return sum + (counts ? loss.replicas : 0)
        }
    }

    private func isRecent(_ loss: Loss, at now: Moment) -> Bool {
        now.instant - loss.at < settings.fuse.window
    }

    /// What an accepted revision takes away counts against the next ones; what was approved does not.
    mutating func count(_ plan: GatedPlan, in desired: Desired, approved: Bool, at now: Moment) {
        var losses = (memory.losses ?? []).filter { loss in
            guard isRecent(loss, at: now) else { return false }
            let target = desired.instances[loss.instance]?.target ?? 0
            // One that is declared again is no loss; one that is gone is restarted no more.
            return loss.kind == .remove ? target == 0 : target > 0
        }
        if approved { losses = [] }
        for action in plan.actions where !approved && limits(action.kind) {
            losses.removeAll { $0.kind == action.kind && $0.instance == action.instance }
            losses.append(
                Loss(
                    kind: action.kind, instance: action.instance, replicas: action.replicas, at: now.instant))
        }
        change { $0.losses = losses.isEmpty ? nil : losses }
    }

    private func limits(_ kind: GatedPlan.Kind) -> Bool {
        (kind == .remove ? settings.fuse.maxRemoved : settings.fuse.maxRestarted) < 100
    }
}
