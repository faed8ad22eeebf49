import CLinux
import Glibc
import KeeperProtocol

/// The process that forks keepers. It has one thread, reads nothing but request headers, and forks before
/// anything of a run is parsed, so that no secret is ever in memory that a keeper could inherit.
package final class Zygote {
    private let requests: Int32
    private let lock: Int32
    private let signals: Int32
    private var keepers: Set<pid_t> = []

    /// Serves the agent on `requests` (a SOCK_SEQPACKET socket) until it is gone. Waits for `lock`, an open
    /// file, first. Returns the exit code: 0, or 1 where the process could not be set up.
    package static func main(requests: Int32, lock: Int32) -> Int32 {
        // Its own session: Ctrl-C and hang-up in the agent's terminal are not for it. It may lead one
        // already.
        setsid()
        guard chdir("/") == 0, clinux_set_subreaper(1) == 0 else { return 1 }
        closeAllBut(requests, lock)
        guard takeNullStreams() else { return 1 }
        umask(0o027)
        clinux_set_name("plumb-zygote")
        // It goes when its agent goes, and not before: a start may be under way.
        // XFSZ: a limit on file size that the agent was given must lose log lines, not keepers.
        for signal in [SIGINT, SIGHUP, SIGQUIT, SIGTERM, SIGPIPE, SIGXFSZ] { clinux_ignore_signal(signal) }
        clinux_default_signal(SIGCHLD)
        let taken = SignalMask.of(SIGCHLD)
        clinux_set_signal_mask(taken)
        let signals = clinux_signalfd(taken)
        guard signals >= 0, clinux_ofd_lock_wait(lock) == 0 else { return 1 }
        WarmUp.run()
        return Zygote(requests: requests, lock: lock, signals: signals).serve()
    }

    private init(requests: Int32, lock: Int32, signals: Int32) {
        self.requests = requests
        self.lock = lock
        self.signals = signals
    }

    /// What an agent has left open by mistake would be kept open for as long as any keeper lives.
    private static func closeAllBut(_ first: Int32, _ second: Int32) {
        let (low, high) = (UInt32(min(first, second)), UInt32(max(first, second)))
        let standard = UInt32(STDERR_FILENO) + 1
        if low > standard { clinux_close_range(standard, low - 1) }
        if high > low + 1 { clinux_close_range(low + 1, high - 1) }
        clinux_close_range(high + 1, .max)
    }

    /// Standard error stays the agent's, for what a runtime has to say when it fails.
    private static func takeNullStreams() -> Bool {
        let null = clinux_openat(AT_FDCWD, "/dev/null", O_RDWR, 0)
        guard null >= 0, dup2(null, STDIN_FILENO) >= 0, dup2(null, STDOUT_FILENO) >= 0 else { return false }
        if null > STDERR_FILENO { close(null) }
        return true
    }

    private func serve() -> Int32 {
        while true {
            var waiting = PollSet()
            waiting.add(signals, .signals)
            waiting.add(requests, .connection)
            waiting.wait(until: nil)
            if waiting.isReady(.signals) { reap() }
            // What a dead agent has left in the queue is not served: its successor decides anew.
            if waiting.isConnectionOver(0) { return 0 }
            if waiting.isConnectionReady(0) { serveRequest() }
        }
    }

    private func serveRequest() {
        var descriptors: [Int32] = Array(repeating: -1, count: CLINUX_DESCRIPTORS_MAX)
        var count = 0
        let request = withUnsafeTemporaryAllocation(
            byteCount: 256, alignment: 8
        ) { buffer -> ZygoteRequest? in
            let length = clinux_receive(
                requests, buffer.baseAddress, buffer.count, &descriptors, descriptors.count, &count, 1)
            guard length > 0 else { return nil }
            return try? ZygoteRequest(decoding: UnsafeRawBufferPointer(rebasing: buffer[0..<length]))
        }
        defer { for descriptor in descriptors[0..<count] { close(descriptor) } }
        guard let request else { return }
        FailPoint.reach(.requestReceived)
        let pid = clinux_fork()
        if pid == 0 { becomeKeeper(request, descriptors, count) }
        FailPoint.reach(.keeperForked)
        let outcome: ZygoteReply.Outcome = pid < 0 ? .failed(errno: errno) : .forked(keeper: pid)
        if pid > 0 { keepers.insert(pid) }
        let reply = ZygoteReply(requestID: request.requestID, outcome: outcome).encoded()
        _ = clinux_send(requests, reply, reply.count, nil, 0, 0)
    }

    private func becomeKeeper(_ request: ZygoteRequest, _ descriptors: [Int32], _ count: Int) -> Never {
        close(requests)
        close(lock)
        close(signals)
        dup2(STDOUT_FILENO, STDERR_FILENO)
        let taken = descriptors[0..<count].withUnsafeBufferPointer {
            RequestDescriptors(roles: request.descriptors, descriptors: $0)
        }
        _exit(KeeperMain.run(taken))
    }

    /// Reaps keepers and orphans, and kills the orphans of keepers that left some.
    private func reap() {
        var signal = clinux_signal()
        _ = clinux_signalfd_read(signals, &signal)
        if reapEnded() { killOrphans() }
    }

    /// Whether a child has ended that tells of orphans: a keeper that did not prove its tree empty, or an
    /// orphan, whose own children come here now.
    private func reapEnded() -> Bool {
        var usage = clinux_usage()
        var mayHaveOrphans = false
        while true {
            let pid = clinux_wait(-1, 1, &usage)
            guard pid > 0 else { return mayHaveOrphans }
            if keepers.remove(pid) == nil || usage.status != 0 { mayHaveOrphans = true }
        }
    }

    private func killOrphans() {
        _ = TreeKiller(
            group: nil, spared: keepers, signals: signals,
            reap: {
                _ = self.reapEnded()
                return !ProcessTree.hasDescendant(sparing: self.keepers)
            }
        ).kill()
    }
}
