import CLinux
import Glibc

/// Kills all that is left of a tree, within a bounded time, and tells whether it is proven empty.
///
/// This process is a subreaper: whatever its descendants fork stays among them, and once it has no child left
/// to wait for there is no descendant either. That is the proof.
struct TreeKiller {
    /// The unified control group of the run, or nil.
    let group: ControlGroup?
    /// Children of this process that are none of the tree.
    var spared: Set<pid_t> = []
    /// A signalfd that takes SIGCHLD, to sleep on between two looks.
    let signals: Int32
    /// Reaps what has ended; true when nothing of the tree is left to wait for.
    let reap: () -> Bool

    func kill() -> Bool {
        if reap(), !(group?.isPopulated ?? false) { return true }
        // Against a thousand processes that want to run, an ordinary share of the processor is too little.
        // Only root may ask for more; for others the bound in time has to do.
        let priority = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -20)
        defer { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, priority) }
        let deadline = clinux_boottime_ns() + KeeperBounds.treeKillMax
        while clinux_boottime_ns() < deadline {
            // The kernel kills a whole group at once. What is left after that has left the group.
            if let group, group.isPopulated, group.kill() { waitForChange() }
            if !reap() {
                killByScan(until: deadline)
                waitForChange()
            }
            if reap(), !(group?.isPopulated ?? false) { return true }
        }
        return false
    }

    /// Stops every process of the tree until no pass finds a new one, so that none can fork away from the
    /// killing that follows.
    private func killByScan(until deadline: UInt64) {
        var stopped: Set<ProcessTree.Member> = []
        var order: [ProcessTree.Member] = []
        var isSettled = false
        while !isSettled, clinux_boottime_ns() < deadline {
            isSettled = true
            ProcessTree.visitDescendants(sparing: spared, until: deadline) { member in
                guard !stopped.contains(member) else { return }
                member.send(SIGSTOP)
                stopped.insert(member)
                order.append(member)
                isSettled = false
            }
        }
        // Children first: those of a parent in another pid namespace would go elsewhere when it ends.
        for member in order.reversed() { member.send(SIGKILL) }
    }

    private func waitForChange() {
        var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
        guard clinux_poll(&entry, 1, Int64(KeeperBounds.treeKillPause)) > 0 else { return }
        // Only SIGCHLD is taken: what it announces is found by reaping. Any other signal asks for what is
        // being done already.
        var signal = clinux_signal()
        _ = clinux_signalfd_read(signals, &signal)
    }
}
