import CLinux
import Glibc

/// Runs commands under a guard, from a thread that may block.
struct GuardLink {
    /// Ends in `CommandGuard.main`.
    let guardCommand: [String]

    /// Nil: `isStopped` became true while it ran, and what ran was ended.
    /// - Parameter wake: a descriptor that is readable when `isStopped` is to be asked.
    func run(_ command: GuardedCommand, wake: Int32, isStopped: () -> Bool) -> GuardedResult? {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return Self.failed(errno) }
        var pid: pid_t = 0
        let code = ChildSpawn.start(guardCommand, socket: ends[1], pid: &pid)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            return Self.failed(code)
        }
        let process = ReaderProcess(pid: pid, handle: clinux_pidfd_open(pid))
        let reply = Exchange(socket: ends[0], wake: wake).run(command, isStopped: isStopped)
        // Without us the guard ends what it runs, and then itself.
        close(ends[0])
        Self.waitForEnd(of: process)
        switch reply {
        case .result(let result): return result
        case .stopped: return nil
        case .lost: return GuardedResult(end: .lost, output: "", errors: "")
        case .overdue: return GuardedResult(end: .timedOut, output: "", errors: "")
        }
    }

    private static func failed(_ code: Int32) -> GuardedResult {
        GuardedResult(end: .notStarted(code), output: "", errors: "")
    }

    private static func waitForEnd(of process: ReaderProcess) {
        var entry = pollfd(fd: process.handle, events: Int16(POLLIN), revents: 0)
        let patience = RemoteLimits.killPatience + .seconds(1)
        let isOver = process.handle >= 0 && Glibc.poll(&entry, 1, patience.pollMilliseconds) > 0
        // What a guard leaves that was itself killed is in its group, whose number stays taken until it is
        // reaped.
        kill(-process.pid, SIGKILL)
        if isOver, process.reap() { return }
        EndedReaders.end(process)
    }
}

/// One question to a guard, and its answer.
private struct Exchange {
    enum Reply {
        case result(GuardedResult)
        case stopped
        /// The guard ended without a word.
        case lost
        case overdue
    }

    let socket: Int32
    let wake: Int32

    func run(_ command: GuardedCommand, isStopped: () -> Bool) -> Reply {
        var wire = WireWriter()
        wire.reserveFrameHead()
        wire.put(command)
        wire.seal(as: .request)
        guard wire.bytes.withUnsafeBytes({ DescriptorIO.sendAll($0, to: socket) }) == nil else {
            return .lost
        }
        let end = ContinuousClock.now + command.timeout + RemoteLimits.killPatience + .seconds(10)
        while true {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return .overdue }
            var entries = [socket, wake].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = Glibc.poll(&entries, nfds_t(entries.count), left.pollMilliseconds)
            if entries[1].revents != 0, isStopped() { return .stopped }
            // A guard sends its answer in one piece, and ends.
            if entries[0].revents != 0 { return answer() }
        }
    }

    private func answer() -> Reply {
        let result = Frame.receive(.data, from: socket)?.withUnsafeBytes { bytes in
            var wire = WireReader(bytes)
            return try? wire.guardedResult()
        }
        return result.map { .result($0) } ?? .lost
    }
}
