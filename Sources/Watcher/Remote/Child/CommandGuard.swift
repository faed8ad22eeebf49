import CLinux
import Glibc

/// A process between the agent and a program that talks to a network. It runs the program in its own process
/// group, adopts whatever that leaves behind, and ends all of it when the time is up, when the program is
/// done, or when the agent is gone. The hidden subcommand `plumb git-guard` calls this and nothing else.
package enum CommandGuard {
    package static let name = "git-guard"

    /// Serves one command from `socket`, and ends.
    package static func main(socket: Int32 = STDIN_FILENO) -> Never {
        _ = clinux_close_range(UInt32(STDERR_FILENO) + 1, .max)
        _ = clinux_set_subreaper(1)
        let command = Frame.receive(.request, from: socket)?.withUnsafeBytes { bytes in
            var wire = WireReader(bytes)
            return try? wire.guardedCommand()
        }
        guard let command else { exit(EXIT_FAILURE) }
        if let max = command.fileBytesMax {
            // What it starts has the same limit; the guard itself writes no file.
            var limit = rlimit(rlim_cur: rlim_t(max), rlim_max: rlim_t(max))
            _ = setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        }
        var run = GuardedRun(command, lifeline: socket)
        let result = run.run()
        ProcessTree.endChildren()
        var reply = WireWriter()
        reply.reserveFrameHead()
        reply.put(result)
        reply.seal(as: .data)
        _ = reply.bytes.withUnsafeBytes { DescriptorIO.sendAll($0, to: socket) }
        exit(EXIT_SUCCESS)
    }
}

/// One run of the program, on the guard's only thread.
private struct GuardedRun {
    private let command: GuardedCommand
    private let lifeline: Int32
    private var output: [UInt8] = []
    private var errors: [UInt8] = []

    init(_ command: GuardedCommand, lifeline: Int32) {
        self.command = command
        self.lifeline = lifeline
    }

    mutating func run() -> GuardedResult {
        var (out, err): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard clinux_pipe(&out) == 0, clinux_pipe(&err) == 0 else { return result(.notStarted(errno)) }
        var pid: pid_t = 0
        let code = Self.spawn(command, out[1], err[1], &pid)
        close(out[1])
        close(err[1])
        guard code == 0 else { return result(.notStarted(code)) }
        // A program that closed its outputs may still live, and one that ended may have left them to a child.
        let early = follow(pid, out[0], err[0])
        if let early {
            ProcessTree.endChildren()
            return result(early)
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return result(
            clinux_wifsignaled(status) != 0
                ? .signaled(clinux_wtermsig(status)) : .exited(clinux_wexitstatus(status)))
    }

    /// Reads what the program says until it has ended. Not nil: it is to be ended, and why.
    private mutating func follow(_ pid: pid_t, _ out: Int32, _ err: Int32) -> GuardedResult.End? {
        let handle = clinux_pidfd_open(pid)
        defer { if handle >= 0 { close(handle) } }
        let end = ContinuousClock.now + command.timeout
        var quiet = QuietSpan(command.silence)
        var (out, err) = (out, err)
        while true {
            let now = ContinuousClock.now
            if now >= end { return .timedOut }
            if quiet.isOver(at: now, work: ProcessTree.work) { return .silent }
            var entries = [out, err, handle, lifeline].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let wait = now.duration(to: min(end, quiet.wakeAt))
            _ = Glibc.poll(&entries, nfds_t(entries.count), wait.pollMilliseconds)
            // Nothing is ever sent here while a command runs: the agent is gone, or does not want it any
            // more.
            if entries[3].revents != 0 { return .timedOut }
            if entries[0].revents != 0 { out = Self.take(out, &output, RemoteLimits.outputBytesMax) }
            if entries[1].revents != 0 {
                err = Self.take(err, &errors, RemoteLimits.errorBytesMax)
                quiet = QuietSpan(command.silence)
            }
            if entries[2].revents != 0, entries[0].revents & Int16(POLLIN) == 0,
                entries[1].revents & Int16(POLLIN) == 0
            {
                return nil
            }
        }
    }

    /// Adds what waits, and keeps the last of it. -1 once there will be no more.
    private static func take(_ pipe: Int32, _ bytes: inout [UInt8], _ max: Int) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = read(pipe, &buffer, buffer.count)
        if count < 0, errno == EINTR { return pipe }
        guard count > 0 else {
            close(pipe)
            return -1
        }
        bytes += buffer[..<count]
        if bytes.count > max { bytes.removeFirst(bytes.count - max) }
        return pipe
    }

    private func result(_ end: GuardedResult.End) -> GuardedResult {
        GuardedResult(
            end: end, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    /// In the guard's own process group, so that even the agent can end all of it at once.
    private static func spawn(
        _ command: GuardedCommand, _ out: Int32, _ err: Int32, _ pid: inout pid_t
    ) -> Int32 {
        var child = ChildSpawn(
            command.arguments, environment: command.environment.map { "\($0.key)=\($0.value)" })
        child.hasOwnGroup = false
        child.open("/dev/null", O_RDONLY, as: STDIN_FILENO)
        child.pass(out, as: STDOUT_FILENO)
        child.pass(err, as: STDERR_FILENO)
        return child.start(&pid)
    }
}

/// What a subreaper has below it.
enum ProcessTree {
    /// Kills and reaps children until none is left: those of a child that dies become ours. A process that
    /// hangs in the kernel is given up after a while.
    static func endChildren() {
        let giveUp = ContinuousClock.now + RemoteLimits.killPatience
        while ContinuousClock.now < giveUp {
            let reaped = waitpid(-1, nil, WNOHANG)
            if reaped > 0 { continue }
            if reaped < 0, errno == ECHILD { return }
            for child in children() { kill(child, SIGKILL) }
            usleep(1000)
        }
    }

    /// The processor time of everything below us, in ticks of the kernel.
    static func work() -> UInt64 {
        let all = processes()
        var tree: Set<Substring> = ["\(getpid())"]
        var sum: UInt64 = 0
        while true {
            let next = all.filter { !tree.contains($0[0]) && $0.count > 15 && tree.contains($0[2]) }
            if next.isEmpty { return sum }
            for fields in next {
                tree.insert(fields[0])
                // Its own, and that of its children that have ended.
                sum = fields[12...15].reduce(sum) { $0 &+ (UInt64($1) ?? 0) }
            }
        }
    }

    /// Nobody else reaps our children, so the numbers are theirs for as long as this takes.
    private static func children() -> [pid_t] {
        let own = getpid()
        return processes().compactMap { fields in
            fields.count > 2 && pid_t(fields[2]) == own ? pid_t(fields[0]) : nil
        }
    }

    /// Of every process its number, and its fields from the state on, as proc(5) counts them.
    private static func processes() -> [[Substring]] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [[Substring]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard pid_t(name) != nil, let text = SmallFile.text(at: "/proc/\(name)/stat") else { continue }
            // The name in parentheses may hold anything; the state and the parent come after the last of
            // them.
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
            found.append([name[...]] + fields.dropFirst())
        }
        return found
    }
}
