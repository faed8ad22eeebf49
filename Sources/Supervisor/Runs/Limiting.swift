import CLinux
import Glibc
import KeeperProtocol
import Manifests
package import Reconciler
import Synchronization

/// The limits of runs: what is in force, what is not, and changing it while they run.
extension Supervisor {
    /// Makes the group of a run that is about to start and limits it. nil where runs have none. What cannot
    /// be limited is noted, and no reason not to start.
    func makeGroup(_ request: RunRequest) throws(SystemError) -> CgroupPaths? {
        let resources = request.spec.resources
        var shortfalls = ProcessLimits.shortfalls(resources)
        guard let groups else {
            shortfalls += withoutGroups(resources)
            note(shortfalls, of: request.run)
            return nil
        }
        let group = groups.group(of: request.run, in: request.slot)
        try groups.make(group)
        table.withLock { $0[request.run]?.group = group }
        if let resources {
            shortfalls += groups.limits(of: group).enforce(resources, isLive: false)
        }
        note(shortfalls, of: request.run)
        return groups.paths(group)
    }

    private func note(_ shortfalls: [LimitShortfall], of run: RunID) {
        let slot = table.withLock { table -> Slot? in
            table[run]?.shortfalls = shortfalls
            return table[run]?.slot
        }
        guard let slot, !shortfalls.isEmpty else { return }
        KeptShortfalls(run: run.text, shortfalls: shortfalls).save(slotPath: slot.path)
    }

    /// Tells of a run that was just handed over what of its limits is not in force.
    func tellShortfalls(of run: RunID) {
        let shortfalls = table.withLock { $0[run]?.shortfalls ?? [] }
        if !shortfalls.isEmpty { tell(.found(run, RunFinding(shortfalls))) }
    }

    /// Brings a live run from the limits of one spec to those of another.
    func changeLimits(of run: RunID, from old: Resources?, to new: Resources?) {
        let (group, identity) = table.withLock { ($0[run]?.group, $0[run]?.identity?.child) }
        var shortfalls: [LimitShortfall] = []
        if let groups, let group {
            shortfalls = groups.limits(of: group).enforce(new, replacing: old, isLive: true)
        } else {
            shortfalls = withoutGroups(new)
        }
        if old?.nofile != new?.nofile || old?.core != new?.core {
            let members = group.map { GroupMembers.pids(of: $0) } ?? []
            shortfalls += ProcessLimits.change(new, of: identity, and: members)
        } else {
            shortfalls += ProcessLimits.shortfalls(new)
        }
        update(shortfalls, of: run)
    }

    /// Writes the limits of a live run again, which somebody else has changed.
    func restoreLimits(of run: RunID, _ resources: Resources?) {
        guard let groups, let group = table.withLock({ $0[run]?.group }) else { return }
        let refused = groups.limits(of: group).restore(resources)
        let fields = Set(refused.map(\.field))
        let before = table.withLock { $0[run]?.shortfalls ?? [] }
        update(before.filter { !fields.contains($0.field) } + refused, of: run)
    }

    /// The run was adopted: nothing is changed, and what is missing is told. Its record may be older than its
    /// limits, so their values are not compared here: why they are not the declared ones, the agent that set
    /// them has left beside the slot.
    func lookAtLimits(of run: RunID, _ resources: Resources?) {
        if let groups, let group = table.withLock({ $0[run]?.group }) {
            groups.limits(of: group).liftReclaim()
        }
        guard let resources, let entry = table.withLock({ $0[run] }) else { return }
        var shortfalls = ProcessLimits.shortfalls(resources)
        if let groups, let group = entry.group {
            let limits = groups.limits(of: group)
            for controller in Controller.allCases {
                guard let limit = controller.limit(in: resources) else { continue }
                if case .missing(let reason, let remedy)? = groups.places[controller] {
                    shortfalls.append(
                        LimitShortfall(field: controller.field, reason: reason, remedy: remedy))
                } else {
                    shortfalls += limits.withoutScheduler(controller, limit)
                }
            }
        } else {
            shortfalls += withoutGroups(resources)
        }
        let fields = Set(shortfalls.map(\.field))
        let kept = KeptShortfalls.load(slotPath: entry.slot.path, run: run).filter { kept in
            !fields.contains(kept.field) && isDeclared(kept.field, resources)
        }
        update(kept + shortfalls, of: run)
    }

    private func isDeclared(_ field: String, _ resources: Resources) -> Bool {
        switch field {
        case "nofile": resources.nofile != nil
        case "core": resources.core != nil
        default: Controller.allCases.contains { $0.field == field && $0.limit(in: resources) != nil }
        }
    }

    private func update(_ shortfalls: [LimitShortfall], of run: RunID) {
        let slot = table.withLock { table -> Slot? in
            guard let entry = table[run], entry.shortfalls != shortfalls else { return nil }
            table[run]?.shortfalls = shortfalls
            return entry.slot
        }
        guard let slot else { return }
        KeptShortfalls(run: run.text, shortfalls: shortfalls).save(slotPath: slot.path)
        tell(.found(run, RunFinding(shortfalls)))
    }

    private func withoutGroups(_ resources: Resources?) -> [LimitShortfall] {
        Controller.allCases.compactMap { controller in
            guard controller.limit(in: resources) != nil else { return nil }
            return LimitShortfall(
                field: controller.field, reason: "runs have no control groups on this host",
                remedy: "let the agent run with Delegate=yes, or as root with the unified hierarchy mounted")
        }
    }

    /// The end of a run as its keeper tells it. A keeper does not look where a limit that came later counts.
    func exitReport(_ record: ExitRecord, of run: RunID) -> ExitReport {
        var report = ExitReport(record)
        guard record.wasKilledForMemory == nil, record.oomKills == 0,
            let group = table.withLock({ $0[run]?.group }), let kills = groups?.memoryKills(of: group),
            kills > 0
        else { return report }
        report.oomKills = kills
        report.oomKilled = report.cause == .signaled(number: SIGKILL, coreDumped: false)
        return report
    }

    /// Declared and actual values of what a run's control groups limit, read now. Empty where there are none.
    package func limitValues(of run: RunID) -> [LimitComparison] {
        guard let groups, let entry = table.withLock({ $0[run] }), let group = entry.group else { return [] }
        return groups.limits(of: group).values(entry.spec?.resources)
    }
}

extension ControlGroupTree {
    func limits(of group: String) -> GroupLimits { GroupLimits(places: places(of: group), group: group) }
}
