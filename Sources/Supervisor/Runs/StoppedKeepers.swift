import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// A keeper that was stopped itself (SIGSTOP, a debugger), or that hangs, cannot end its run, and what should
/// replace that run would wait for ever.
extension Supervisor {
    /// Lets the keeper of a run that is to end go on, now and whenever the time of its steps is over; one
    /// that is held there all the same is killed, which ends the tree as a lost keeper's. So is one that
    /// sleeps, answers nothing and does not move. Any other is let alone, however long it takes: it waits
    /// for what the kernel cannot end yet.
    func watchStop(of run: RunID, policy: StopPolicy) {
        signalStoppedKeeper(of: run, SIGCONT)
        let task = Task.detached { [weak self] in
            await doze(for: policy.timeMax + SupervisorLimits.stoppedKeeperPatience)
            while !Task.isCancelled, await self?.helpStop(of: run) == true {
                await doze(for: SupervisorLimits.stoppedKeeperPatience)
            }
        }
        let before = table.withLock { table -> Task<Void, Never>? in
            guard let entry = table[run], entry.phase != .over else { return task }
            table[run]?.stopWatch = task
            return entry.stopWatch
        }
        before?.cancel()
    }

    /// False: the run is over.
    private func helpStop(of run: RunID) async -> Bool {
        guard let entry = table.withLock({ $0[run] }), entry.phase != .over else { return false }
        if signalStoppedKeeper(of: run, SIGCONT) {
            await doze(for: SupervisorLimits.stoppedKeeperPatience)
            if !Task.isCancelled { signalStoppedKeeper(of: run, SIGKILL) }
        } else if entry.answersPings, let keeper = entry.identity?.keeper {
            await killIfBlocked(keeper, of: run)
        }
        return true
    }

    /// A question wakes whoever sleeps for want of work.
    private func killIfBlocked(_ keeper: ProcessIdentity, of run: RunID) async {
        guard let before = KeeperProgress(keeper.pid), !(await ping(run)), !Task.isCancelled,
            KeeperProgress(keeper.pid)?.isBlocked(since: before) == true, let pidfd = keeper.openPidfd()
        else { return }
        _ = clinux_pidfd_send_signal(pidfd, SIGKILL)
        close(pidfd)
    }

    /// False: it is not stopped, or cannot be proven.
    @discardableResult
    private func signalStoppedKeeper(of run: RunID, _ signal: Int32) -> Bool {
        guard let keeper = table.withLock({ $0[run]?.identity })?.keeper, isStopped(keeper),
            let pidfd = keeper.openPidfd()
        else { return false }
        defer { close(pidfd) }
        return clinux_pidfd_send_signal(pidfd, signal) == 0
    }

    private func isStopped(_ keeper: ProcessIdentity) -> Bool {
        guard let stat = ProcessStat(pid: keeper.pid) else { return false }
        return stat.startTicks == keeper.startTicks && stat.isStopped
    }
}

/// How far a process has come, by `/proc/<pid>/status`.
struct KeeperProgress: Equatable {
    private var state: Substring = ""
    private var switches: [Substring] = []

    init?(_ pid: Int32) {
        guard let bytes = try? contents(of: "/proc/\(pid)/status", bytesMax: 64 << 10) else { return nil }
        self.init(status: String(decoding: bytes, as: UTF8.self))
    }

    init(status: String) {
        for line in status.split(separator: "\n") {
            if line.hasPrefix("State:") { state = line }
            if line.contains("_ctxt_switches:") { switches.append(line) }
        }
    }

    /// It slept at both times, and did not wake in between. A process in uninterruptible sleep is another
    /// matter: it cannot be ended, and goes on by itself.
    func isBlocked(since before: KeeperProgress) -> Bool {
        self == before && state.contains("S (sleeping)") && !switches.isEmpty
    }
}

extension StopPolicy {
    /// The longest time that its drain and its steps can take.
    var timeMax: Duration {
        effectiveSteps.reduce(drain ?? .zero) { sum, step in
            switch step {
            case .closeInput(let grace), .signal(_, let grace): sum + grace
            case .command(_, let timeout): sum + timeout
            }
        }
    }
}
