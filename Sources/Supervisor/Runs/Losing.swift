import CLinux
import Glibc
import KeeperProtocol
import Reconciler
import Synchronization

/// Finding out what became of a run whose keeper says nothing more.
extension Supervisor {
    private static let lockWaitMax: Duration = .seconds(1)
    /// How often a keeper that holds its lock, is unreachable and cannot even be named is looked at again.
    private static let unprovenPeriod: Duration = .seconds(5)

    /// The connection ended without the run's end.
    func connectionEnded(_ run: RunID) {
        let isOpen = table.withLock { table in
            guard let phase = table[run]?.phase, phase != .over, phase != .losing else { return false }
            table[run]?.phase = .losing
            return true
        }
        guard isOpen else { return }
        Task.detached(priority: .high) { [weak self] in await self?.resolve(run) }
    }

    private func resolve(_ run: RunID) async {
        guard let entry = table.withLock({ $0[run] }), entry.phase == .losing else { return }
        if await lockIsReleased(entry.slot) {
            await recover(run, entry)
        } else if !reconnect(run) {
            becomeUnknown(run, reason: "its keeper holds the slot and does not answer")
        }
    }

    /// A dying process closes one descriptor after another; the lock follows the connection at once.
    private func lockIsReleased(_ slot: Slot) async -> Bool {
        let deadline = Instant.current + Self.lockWaitMax
        var pause = Duration.microseconds(200)
        while true {
            if (try? slot.lockState()) == .free { return true }
            guard Instant.current < deadline else { return false }
            await doze(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// No keeper is left: its record tells the end, or it was killed and the tree has to be ended for it.
    private func recover(_ run: RunID, _ entry: RunEntry) async {
        if let record = entry.slot.exitRecord(of: run) {
            return conclude(run, exitReport(record, of: run))
        }
        let identity = entry.identity ?? entry.slot.identity().flatMap { $0.runID == run.text ? $0 : nil }
        if let sign = await signOfKeeper(of: run, group: entry.group, identity: identity) {
            return becomeUnknown(run, reason: sign)
        }
        let proven = await endTree(of: run, group: entry.group, identity: identity)
        conclude(run, .unseen(.keeperLost, identity: identity, treeProvenEmpty: proven))
        sockets.remove("\(run.text).sock")
    }

    /// Ends what a killed keeper left. True: nothing is left, and that is proven.
    func endTree(of run: RunID, group: String?, identity: KeeperProtocol.RunIdentity?) async -> Bool {
        if let group, let groups { return await groups.kill(group) }
        // Without a control group: the main process by its identity, and whatever still names the run.
        if let identity, identity.bootID == bootID, let pidfd = identity.child.openPidfd() {
            _ = clinux_pidfd_send_signal(pidfd, SIGKILL)
            close(pidfd)
        }
        await StrayProcesses.kill(of: run)
        return false
    }

    private func reconnect(_ run: RunID) -> Bool {
        do throws(SystemError) {
            let connection = try sockets.connect(to: "\(run.text).sock")
            table.withLock { table in
                guard let entry = table[run] else { return }
                // It has told its identity once, and goes on where it was.
                table[run]?.phase = entry.identity == nil ? .starting : .running
            }
            try attach(run, connection, takesBack: true)
            return true
        } catch {
            return false
        }
    }

    /// Says so, leaves the run alone, and waits for its keeper to end.
    func becomeUnknown(_ run: RunID, reason: String) {
        table.withLock { $0[run]?.phase = .unknown }
        tell(.unknown(run, reason: reason))
        watchKeeper(run)
    }

    func watchKeeper(_ run: RunID) {
        guard let entry = table.withLock({ $0[run] }), entry.phase == .unknown else { return }
        let identity = entry.identity ?? entry.slot.identity().flatMap { $0.runID == run.text ? $0 : nil }
        guard let keeper = identity?.keeper, identity?.bootID == bootID, let pidfd = keeper.openPidfd() else {
            Task.detached { [weak self] in
                await doze(for: Self.unprovenPeriod)
                self?.keeperEnded(run)
            }
            return
        }
        let token = try? loop.add(pidfd) { [weak self] _ in self?.keeperEnded(run) }
        let kept = table.withLock { table -> Bool in
            guard table[run] != nil, token != nil else { return false }
            table[run]?.identity = identity
            table[run]?.keeperPidfd = pidfd
            table[run]?.keeperToken = token
            return true
        }
        if !kept {
            if let token { loop.remove(token) }
            close(pidfd)
        }
    }

    private func keeperEnded(_ run: RunID) {
        let pidfd = table.withLock { table -> Int32? in
            guard let entry = table[run], entry.phase == .unknown else { return nil }
            if let token = entry.keeperToken { loop.remove(token) }
            table[run]?.keeperToken = nil
            table[run]?.keeperPidfd = -1
            table[run]?.phase = .losing
            return entry.keeperPidfd
        }
        guard let pidfd else { return }
        if pidfd >= 0 { close(pidfd) }
        Task.detached(priority: .high) { [weak self] in await self?.resolve(run) }
    }
}
