import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// A keeper that was stopped itself (SIGSTOP, a debugger) cannot end its run, and what should replace that
/// run would wait for ever.
extension Supervisor {
    /// Lets the keeper of a run that is to end go on, now and once more when the time of its steps is over;
    /// one that is held there all the same is killed, which ends the tree as a lost keeper's. A keeper that
    /// runs is let alone, however long it takes: it waits for what the kernel cannot end yet.
    func watchStop(of run: RunID, policy: StopPolicy) {
        signalStoppedKeeper(of: run, SIGCONT)
        let task = Task.detached { [weak self] in
            await doze(for: policy.timeMax + SupervisorLimits.stoppedKeeperPatience)
            guard !Task.isCancelled, self?.signalStoppedKeeper(of: run, SIGCONT) == true else { return }
            await doze(for: SupervisorLimits.stoppedKeeperPatience)
            guard !Task.isCancelled else { return }
            self?.signalStoppedKeeper(of: run, SIGKILL)
        }
        let before = table.withLock { table -> Task<Void, Never>? in
            guard let entry = table[run], entry.phase != .over else { return task }
            table[run]?.stopWatch = task
            return entry.stopWatch
        }
        before?.cancel()
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
