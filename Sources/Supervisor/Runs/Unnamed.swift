import CLinux
import Glibc
import KeeperProtocol
import Reconciler
import Synchronization

/// Runs that live though their slots do not say so: the state directory was moved, restored or wiped, or a
/// file of it was removed. They are neither ended nor doubled.
extension Supervisor {
    private static let keeperGoneWaitMax: Duration = .seconds(1)

    /// Why the run may have a keeper although its lock is free or missing; nil: it has none.
    func signOfKeeper(
        of run: RunID, group: String?, identity: KeeperProtocol.RunIdentity?
    ) async -> String? {
        if let identity, identity.bootID == bootID, await !isGone(identity.keeper) {
            return "its keeper, process \(identity.keeper.pid), lives, and does not hold the slot's lock"
        }
        if (try? sockets.connect(to: "\(run.text).sock")) != nil {
            return "a keeper answers for it that does not hold the slot's lock"
        }
        let sign: KeeperSign
        if let group, let groups {
            sign = groups.keeper(of: group)
        } else {
            sign = KeeperSign(parentsOf: HostProcesses().pids(of: run, below: nil))
        }
        switch sign {
        case .none: return nil
        case .keeper(let keeper): return Self.reason(keeper, layout)
        case .doubt: return "whether its processes have a keeper cannot be seen from here"
        }
    }

    /// A keeper that was killed lets go of its lock a moment before it is gone.
    private func isGone(_ keeper: ProcessIdentity) async -> Bool {
        let deadline = Instant.current + Self.keeperGoneWaitMax
        while LiveKeeper.isAlive(keeper) {
            guard Instant.current < deadline else { return false }
            await doze(for: .milliseconds(2))
        }
        return true
    }

    /// Runs whose keepers answer on sockets of our runtime directory, or stand in groups of ours, and that no
    /// slot names.
    func adoptUnnamed() -> [AdoptedRun] {
        let groups = groups?.groupsByRun() ?? [:]
        var adopted: [AdoptedRun] = []
        for name in directoryNames(layout.keeperSockets) where name.hasSuffix(".sock") {
            let run = RunID(text: String(name.dropLast(".sock".count)))
            guard isUnnamed(run), let connection = try? sockets.connect(to: name),
                let keeper = Self.keeper(behind: connection)
            else { continue }
            let found = adopt(run, keeper, group: groups[run])
            guard let found else { continue }
            adopted.append(found)
            // It tells the end as it was; without this the end of the keeper is all that is seen.
            if (try? attach(run, connection, takesBack: true)) == nil { watchKeeper(run) }
        }
        for (run, group) in groups.sorted(by: { $0.value < $1.value }) where isUnnamed(run) {
            guard case .keeper(let keeper)? = self.groups?.keeper(of: group), isOurs(keeper, group),
                let found = adopt(run, keeper, group: group)
            else { continue }
            adopted.append(found)
            watchKeeper(run)
        }
        return adopted
    }

    private func isUnnamed(_ run: RunID) -> Bool { table.withLock { $0[run] == nil } }

    private static func keeper(behind connection: borrowing Descriptor) -> LiveKeeper? {
        var (pid, uid, gid) = (pid_t(0), uid_t(0), gid_t(0))
        guard clinux_peer(connection.raw, &pid, &uid, &gid) == 0 else { return nil }
        return LiveKeeper(pid)
    }

    /// Our tree is of our state directory alone; others may belong to another agent.
    private func isOurs(_ keeper: LiveKeeper, _ group: String) -> Bool {
        groups.map { ControlGroupTree.parent(of: group) == $0.path } ?? false
            || keeper.shares(layout.stateDir)
    }

    private func adopt(_ run: RunID, _ keeper: LiveKeeper, group: String?) -> AdoptedRun? {
        let slot = Slot(keeper.slot, layout)
        // Its end is known, and its keeper on the way out.
        if let record = slot.record(), record.run == run, record.isAcknowledged { return nil }
        var entry = RunEntry(slot: slot, phase: .unknown)
        entry.group = group
        entry.identity = KeeperProtocol.RunIdentity(
            runID: run.text, bootID: bootID, keeper: keeper.process,
            child: ProcessIdentity(pid: 0, startTicks: 0), startedAtWall: 0, startedAtBoot: 0)
        guard table.withLock({ $0.admit(run, entry) }) else { return nil }
        return AdoptedRun(
            run: run, slot: slot.id, memo: [], state: .unknown(reason: Self.reason(keeper, layout)))
    }

    private static func reason(_ keeper: LiveKeeper, _ layout: StateLayout) -> String {
        "it lives under its keeper, process \(keeper.process.pid), and its slot in \(layout.slots) does not "
            + "name it; bring the slot's files back, or end it with `kill \(keeper.process.pid)`"
    }
}
