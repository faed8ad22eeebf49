import CLinux
import Glibc
import KeeperProtocol

/// The end of a run, after its main process was reaped: kill the tree, drain the pipes, tell the agent, write
/// the record, and stay until it is safe.
extension Keeper {
    /// Returns whether the tree is proven empty.
    func finish() -> Bool {
        FailPoint.reach(.exitReaped)
        let isProven = killTree()
        FailPoint.reach(.treeKilled)
        drain()
        tellNotices(all: true)
        let socket = notify.end()
        if socket >= 0 { discards.take(CollectionOfOne(socket)) }
        discards.start()
        if report >= 0 { finishReport() }
        phase = .ended
        let wasKilledForMemory = self.wasKilledForMemory
        stdout.conclude(LogRunEnd(cause, oomKilled: wasKilledForMemory == true))
        stderr.conclude(LogRunEnd(cause, oomKilled: wasKilledForMemory == true))
        let record = makeRecord(isProven: isProven, wasKilledForMemory: wasKilledForMemory)
        self.record = record
        tellNews(\.stdout, isLast: true)
        tellNews(\.stderr, isLast: true)
        if !isProven { sockets.broadcast(KeeperMessage.treeUnproven.encoded()) }
        sockets.broadcast(KeeperMessage.exited(record).encoded())
        return isProven
    }

    /// Writes the record at once. With an agent there its acknowledgement spares the wait for the disk, which
    /// a thousand exits at a time would feel; without one the disk is all there is.
    func keepRecordSafe() {
        guard let bytes = record?.record() else { return }
        var isWritten = exitFile.write(bytes)
        FailPoint.reach(.recordWritten)
        let patience = clinux_boottime_ns() + KeeperBounds.acknowledgeMax
        while !isAcknowledged, isWritten, sockets.hasPeer, clinux_boottime_ns() < patience {
            turn(until: patience)
        }
        while !isAcknowledged {
            if isWritten, exitFile.makeDurable() { return }
            turn(until: clinux_boottime_ns() + KeeperBounds.recordRetryPause)
            isWritten = exitFile.write(bytes)
        }
    }

    /// The run is over, its record is safe and its slot is free. What it was given is held until the agent
    /// says that its next run has it, and without an agent for a bounded time, in which clients of a
    /// listening socket wait instead of being refused.
    func hold() {
        var deadline = clinux_boottime_ns() + KeeperBounds.holdMax
        while !isReleased, !held.isEmpty {
            turn(until: sockets.hasPeer ? nil : deadline)
            let now = clinux_boottime_ns()
            if sockets.hasPeer { deadline = now + KeeperBounds.holdMax }
            if now >= deadline { return }
        }
    }

    /// Empties the pipes. Bounded, because a process that left the tree may hold the other ends and write on.
    private func drain() {
        let deadline = clinux_boottime_ns() + KeeperBounds.drainMax
        while clinux_boottime_ns() < deadline {
            let movedOut = stdout.pump()
            let movedErr = stderr.pump()
            if !movedOut && !movedErr { return }
        }
    }

    /// The child's last words may still be unread, since its end is seen first.
    private func finishReport() {
        while report >= 0, readReport() {}
    }

    private func makeRecord(isProven: Bool, wasKilledForMemory: Bool?) -> ExitRecord {
        var record = ExitRecord(runID: identity.runID, cause: cause)
        record.bootID = identity.bootID
        record.failedPath = launchFailure?.subject ?? ""
        record.startedAtWall = identity.startedAtWall
        record.startedAtBoot = identity.startedAtBoot
        record.treeProvenEmpty = isProven
        record.oomKills = memoryKills?.newKills ?? 0
        record.wasKilledForMemory = wasKilledForMemory
        record.stdout = stdout.totals
        record.stderr = stderr.totals
        if let end {
            record.endedAtWall = end.wall
            record.endedAtBoot = end.boot
            record.userNanoseconds = end.usage.user_ns
            record.systemNanoseconds = end.usage.system_ns
            record.rssBytesMax = end.usage.rss_bytes_max
        }
        return record
    }

    /// nil where nobody counts.
    private var wasKilledForMemory: Bool? {
        guard let memoryKills, let end else { return nil }
        if case .signaled(SIGKILL, _) = cause { return memoryKills.explains(endAt: end.boot) }
        return false
    }

    private var cause: ExitCause {
        if let launchFailure {
            return .execFailed(step: launchFailure.step, errno: launchFailure.errno)
        }
        guard let status = end?.usage.status, isExecuting else { return .lostBeforeExec }
        if clinux_wifsignaled(status) != 0 {
            return .signaled(clinux_wtermsig(status), coreDumped: clinux_wcoredump(status) != 0)
        }
        return .exited(code: clinux_wexitstatus(status))
    }
}
