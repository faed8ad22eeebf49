import Manifests

/// What a candidate revision would change, in the planner's own words: the candidate is accepted into a copy
/// of the world, and the needs that it brings are the ones that the planner would act on.
package struct ChangeSummary: Sendable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case start, restart, live, reload, stop
    }
    package struct Row: Sendable, Hashable, Codable {
        package var kind: Kind
        package var instance: String
        /// Replica indices, ascending.
        package var indices: [Int]
        package var cause: Cause
        /// `rolling, 1 at a time`; "" where nothing is to be said.
        package var note: String

        package init(kind: Kind, instance: String, indices: [Int], cause: Cause, note: String) {
            self.kind = kind
            self.instance = instance
            self.indices = indices
            self.cause = cause
            self.note = note
        }

        /// `web/0..1`, `web/0`, `web/0,2`.
        package var replicas: String {
            guard let first = indices.first, let last = indices.last else { return instance }
            if first == last { return "\(instance)/\(first)" }
            if last - first == indices.count - 1 { return "\(instance)/\(first)..\(last)" }
            return instance + "/" + indices.map(String.init).joined(separator: ",")
        }
    }
    /// Changes that touch no process: labels, comments in fields of no effect.
    package struct Quiet: Sendable, Hashable, Codable {
        package var instance: String
        package var changes: [FieldChange]
    }

    package var node: Node
    /// nil: nothing was accepted before.
    package var from: Revision?
    package var to: Revision
    /// Sorted by kind, then by instance.
    package var rows: [Row]
    package var quiet: [Quiet]
    /// Instances that are suspended, whose changes wait.
    package var suspended: [String]
    /// Instances that are declared no longer, and that `prune: protect` keeps.
    package var protected: [String]
    /// Instances whose declared spec failed on this host and is not tried, by what is known of that.
    package var rolledBack: [(instance: String, failure: RolledBack)]
    package var unchanged: Int
    /// Sorted by kind, then by name. They touch no process.
    package var schedules: [ScheduleChange]
    /// What the gates look at.
    package var gated: GatedPlan
    /// `7d1f-02ac`.
    package var planHash: String { gated.hash.description }

    package init(world: World, candidate: Desired, at moment: Moment) {
        node = candidate.node
        from = world.desired?.revision
        to = candidate.revision
        var after = world
        after.accept(candidate, at: moment)
        let before = Assessment(observed: world.observed, memory: world.memory, at: moment.instant)
        let needs = Assessment(observed: after.observed, memory: after.memory, at: moment.instant)
        (rows, unchanged) = Self.rows(needs, since: before, after, candidate.revision)
        let failed = after.memory.instances.filter { $0.value.activeRollback != nil }.keys
        quiet = Self.quietChanges(
            world.desired, candidate, touched: Set(rows.map(\.instance)).union(failed))
        // Those of which the candidate says nothing stay suspended, too.
        let kept = after.memory.instances.filter { $0.value.applied?.desired.suspend == true }.keys
        let declared = candidate.instances.values.filter { $0.suspend && $0.assigned }.map(\.name)
        suspended = Set(kept).union(declared).sorted()
        rolledBack = after.memory.instances.sorted { $0.key < $1.key }.compactMap { name, remembered in
            remembered.activeRollback.map { (name, $0) }
        }
        schedules = ScheduleChange.all(from: world.desired, to: candidate)
        protected = after.memory.instances.filter { $0.value.isProtected }.keys.sorted()
        gated = GatedPlan(from: world.inForce, to: candidate)
    }

    /// Whether anything is other than before: of a plan the exit code follows from it.
    package var changes: Bool { !rows.isEmpty || !schedules.isEmpty }

    package func count(_ kind: Kind) -> Int {
        rows.filter { $0.kind == kind }.reduce(0) { $0 + $1.indices.count }
    }

    private static func rows(
        _ needs: Assessment, since before: Assessment, _ world: World, _ revision: Revision
    ) -> (rows: [Row], unchanged: Int) {
        var rows: [Row] = []
        var unchanged = 0
        for (name, items) in needs.items {
            var grouped: [Kind: Row] = [:]
            let earlier = Dictionary(
                before.items[name, default: []].map { ($0.slot, $0.need) },
                uniquingKeysWith: { first, _ in first })
            // What is beside a replica's own run comes and goes with the replica's change.
            for item in items where world.isCounted(item.slot) {
                let known = earlier[item.slot].flatMap { change($0, revision) }
                guard let (kind, cause) = change(item.need, revision),
                    known?.0 != kind || known?.1 != cause
                else {
                    unchanged += 1
                    continue
                }
                let note = kind == .restart ? world.memory.instances[name]?.rolloutNote ?? "" : ""
                let empty = Row(kind: kind, instance: name, indices: [], cause: cause, note: note)
                grouped[kind, default: empty].indices.append(item.slot.replica.index)
            }
            rows += grouped.values
        }
        let order = Kind.allCases
        rows.sort { a, b in
            let (x, y) = (order.firstIndex(of: a.kind) ?? 0, order.firstIndex(of: b.kind) ?? 0)
            return (x, a.instance) < (y, b.instance)
        }
        return (rows, unchanged)
    }

    /// Only what this revision brings counts; what an earlier one left to do would happen without it.
    private static func change(_ need: ReplicaNeed, _ revision: Revision) -> (Kind, Cause)? {
        let found: (Kind, Cause)? =
            switch need {
            case .start(let cause): (.start, cause)
            case .replace(_, let cause): (.restart, cause)
            case .remove(_, let cause): (.stop, cause)
            case .update(_, let reload, let cause): (reload ? .reload : .live, cause)
            case .nothing, .end, .wait: nil
            }
        guard let found, found.1.revision?.id == revision.id else { return nil }
        return found
    }

    private static func quietChanges(
        _ before: Desired?, _ after: Desired, touched: Set<String>
    ) -> [Quiet] {
        after.instances.keys.sorted().compactMap { name in
            guard !touched.contains(name), let old = before?.instances[name], let new = after.instances[name]
            else { return nil }
            let changes = fieldChanges(from: old, to: new)
            return changes.isEmpty ? nil : Quiet(instance: name, changes: changes)
        }
    }
}

extension InstanceMemory {
    fileprivate var rolloutNote: String {
        guard let update = applied?.desired.spec.update else { return "" }
        switch update.strategy {
        case .recreate: return "recreate: all at once"
        case .rolling:
            if update.isBlueGreen { return "blueGreen" }
            var pace = "\(update.maxUnavailable) at a time"
            if update.maxSurge > 0 { pace += ", \(update.maxSurge) surge" }
            guard let canary = update.canary else { return "rolling, \(pace)" }
            return "canary: \(canary.replicas) first, the rest after \(canary.hold.declared), \(pace)"
        }
    }
}

extension World {
    /// A replica's own slot, or one that is left over.
    fileprivate func isCounted(_ slot: SlotID) -> Bool {
        guard let remembered = memory.instances[slot.instance],
            slot.replica.index < remembered.applied?.desired.target ?? 0
        else { return true }
        return remembered.isOwn(slot)
    }

    /// The world of a host on which everything that a revision declares runs well: the base of a comparison
    /// of two revisions without a host.
    package static func running(_ desired: Desired, at moment: Moment) -> World {
        var world = World()
        world.accept(desired, at: moment)
        for (name, instance) in desired.instances {
            guard let applied = world.memory.instances[name]?.applied else { continue }
            for index in 0..<instance.target {
                let slot = SlotID(instance: name, index: index)
                if instance.spec.profile == .oneshot {
                    let own = ReplicaMemory(completed: instance.key, lastKey: instance.key)
                    world.memory.instances[name]?.replicas[index] = own
                    continue
                }
                var run = ObservedRun(
                    id: RunID(text: slot.description), slot: slot, spec: instance.spec, nonce: instance.nonce,
                    revision: applied.startRevision, dependsOn: instance.dependsOn, phase: .running,
                    claimedAt: moment.instant, startCause: applied.startCause)
                run.readySince = moment.instant
                world.insert(run)
            }
        }
        _ = world.takeChanges()
        return world
    }
}
