import CLinux
import Glibc
import Manifests
import Reconciler

/// The process that reads one archive. Used from the thread that started it alone: the kernel ends it with
/// that thread.
struct ArchiveProcess: ~Copyable {
    let pid: pid_t
    private let pidfd: Int32
    private let pipe: Int32
    private let deadline: Instant
    private var buffer: [UInt8]

    /// `archive`: a plain file, at its beginning.
    init(
        executable: String, format: Artifact.Format, archive: Int32, deadline: Instant
    ) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends) == 0 else { throw SystemError("pipe", "") }
        _ = clinux_set_pipe_size(ends[0], Int32(ArchiveFrame.payloadMax))
        defer { close(ends[1]) }
        var pid: pid_t = -1
        let command = ArchiveReader.command(executable, format)
        let code = Self.spawn(command, input: archive, output: ends[1], pid: &pid)
        guard code == 0 else {
            close(ends[0])
            throw SystemError("start", executable, number: code)
        }
        self.pid = pid
        pidfd = clinux_pidfd_open(pid)
        pipe = ends[0]
        self.deadline = deadline
        buffer = [UInt8](repeating: 0, count: ArchiveFrame.payloadMax)
    }

    deinit {
        close(pipe)
        // Until it is reaped here its number is its own.
        if pidfd >= 0 { _ = clinux_pidfd_send_signal(pidfd, SIGKILL) } else { _ = kill(pid, SIGKILL) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if pidfd >= 0 { close(pidfd) }
    }

    enum Trouble: Error {
        case late
        /// It ended, or said what no reader says.
        case broken
    }

    /// The next thing that it says. A slice of bytes is good until the next call.
    mutating func next() throws(Trouble) -> ArchiveFrame {
        try fill(ArchiveFrame.headBytes)
        let head = Array(buffer[..<ArchiveFrame.headBytes])
        let length = ArchiveFrame.length(head[...])
        guard length <= ArchiveFrame.payloadMax else { throw .broken }
        try fill(length)
        guard let frame = ArchiveFrame(kind: head[0], payload: buffer[..<length]) else { throw .broken }
        return frame
    }

    private mutating func fill(_ count: Int) throws(Trouble) {
        var filled = 0
        while filled < count {
            let left = deadline - Instant.current
            guard left > .zero else { throw .late }
            var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            guard clinux_poll(&entry, 1, left.nanoseconds) != 0 else { throw .late }
            let step = buffer.withUnsafeMutableBytes { bytes in
                read(pipe, bytes.baseAddress.map { $0 + filled }, count - filled)
            }
            if step < 0, errno == EINTR { continue }
            guard step > 0 else { throw .broken }
            filled += step
        }
    }

    /// With the archive and the pipe, default signals, and nobody's settings.
    private static func spawn(_ command: [String], input: Int32, output: Int32, pid: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = command.map { (word: String) in strdup(word) } + [nil]
        // Where the Swift runtime is, on hosts that say so this way.
        let kept = "LD_LIBRARY_PATH"
        let library = getenv(kept).map { value in strdup(kept + "=" + String(cString: value)) } ?? nil
        var environment = [library, nil]
        defer { for text in arguments + environment { free(text) } }
        return posix_spawn(&pid, command.first ?? "", &actions, &attributes, &arguments, &environment)
    }
}
