import CLinux
import Glibc
import Synchronization

/// A reader that this process started.
struct ReaderProcess: Sendable {
    let pid: pid_t
    /// A pidfd, which means this process alone even after its number went to another; -1 when there is none.
    let handle: Int32

    func kill() {
        if handle >= 0 {
            _ = clinux_pidfd_send_signal(handle, SIGKILL)
        } else {
            // Nobody else reaps our children, so until it is reaped here the number is its own.
            Glibc.kill(pid, SIGKILL)
        }
    }

    /// Somebody has sent it SIGSTOP, or traces it.
    var isStopped: Bool {
        guard let stat = SmallFile.text(at: "/proc/\(pid)/stat"),
            let state = stat.utf8.lastIndex(of: UInt8(ascii: ")")).map({ stat[$0...].dropFirst(2) })?.first
        else { return false }
        return state == "T" || state == "t"
    }

    /// Whether it is gone. True once; the process must not be used any more then.
    func reap() -> Bool {
        var status: Int32 = 0
        let result = waitpid(pid, &status, WNOHANG)
        // ECHILD: the kernel or somebody else reaped it already.
        guard result == pid || (result == -1 && errno == ECHILD) else { return false }
        if handle >= 0 { close(handle) }
        return true
    }
}

/// Readers that were killed and have not been reaped yet. A process that hangs inside the kernel, as on a
/// dead NFS server, dies only when that call returns; it must neither block its killer nor be forgotten.
enum EndedReaders {
    /// With this many readers hanging in the kernel no further one is started.
    static let hangingMax = 4
    /// How long a killed reader is waited for before it is left for later.
    private static let patience = Duration.milliseconds(200)

    private static let hanging = Mutex<[ReaderProcess]>([])

    static var tooManyHang: Bool {
        hanging.withLock { processes in
            processes.removeAll { $0.reap() }
            return processes.count >= hangingMax
        }
    }

    /// Kills a reader, and reaps it now or later.
    static func end(_ process: ReaderProcess) {
        process.kill()
        let giveUp = ContinuousClock.now + patience
        while !process.reap() {
            if ContinuousClock.now > giveUp {
                hanging.withLock { $0.append(process) }
                return
            }
            usleep(500)
        }
    }
}
