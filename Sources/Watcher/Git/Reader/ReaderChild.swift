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
            let code = ChildSpawn.start(command, socket: theirs, pid: &pid)
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

    deinit {
        close(socket)
        if let process { EndedReaders.end(process) }
    }
}
