import CLinux
import Glibc

/// The far end of a link: a process, or for tests a thread. Ended when it goes out of use.
struct ReaderChild: ~Copyable {
    /// Our end of its socket.
    let socket: Int32
    /// Nil for a thread.
    let process: ReaderProcess?

    /// Starts a reader with our own executable or the one that the mode names.
    ///
    /// The caller's thread must live as long as the reader is wanted: the kernel kills the reader with it.
    static func start(_ mode: ReaderMode) throws(GitError) -> ReaderChild {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw failure("socketpair", errno) }
        let (ours, theirs) = (ends[0], ends[1])
        switch mode {
        case .thread:
            DedicatedThread.start {
                ReaderServer(input: theirs, output: theirs).serve()
                close(theirs)
            }
            return ReaderChild(socket: ours, process: nil)
        case .child(let command):
            defer { close(theirs) }
            var pid: pid_t = 0
            let code = spawn(command, socket: theirs, pid: &pid)
            guard code == 0 else {
                close(ours)
                throw failure(command.first ?? "", code)
            }
            return ReaderChild(socket: ours, process: ReaderProcess(pid: pid, handle: clinux_pidfd_open(pid)))
        }
    }

    private static func failure(_ what: String, _ code: Int32) -> GitError {
        GitError(.readerFailed, "the git reader cannot be started (\(what)): \(SystemMessage.of(code))")
    }

    /// The reader gets the socket as its input and output, and nothing else of ours: a process group of its
    /// own, so that Ctrl-C in a terminal ends Plumb alone, default signals, and an environment without
    /// anyone's settings.
    private static func spawn(_ command: [String], socket: Int32, pid: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO)
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

    deinit {
        close(socket)
        if let process { EndedReaders.end(process) }
    }
}
