import Glibc
import Synchronization

/// Readers that were killed and have not been reaped yet. A process that hangs inside the kernel, as on a
/// dead NFS server, dies only when that call returns; it must neither block its killer nor be forgotten.
enum EndedReaders {
    /// With this many readers hanging in the kernel no further one is started.
    static let hangingMax = 4
    /// How long a killed reader is waited for before it is left for later.
    private static let patience = Duration.milliseconds(200)

    private static let hanging = Mutex<[pid_t]>([])

    static var tooManyHang: Bool {
        reapHanging()
        return hanging.withLock { $0.count >= hangingMax }
    }

    /// Kills a reader that this process started and has not reaped, and reaps it now or later.
    static func end(_ pid: pid_t) {
        kill(pid, SIGKILL)
        let giveUp = ContinuousClock.now + patience
        while !isReaped(pid) {
            if ContinuousClock.now > giveUp {
                hanging.withLock { $0.append(pid) }
                return
            }
            usleep(500)
        }
        reapHanging()
    }

    private static func reapHanging() {
        hanging.withLock { $0.removeAll(where: isReaped) }
    }

    private static func isReaped(_ pid: pid_t) -> Bool {
        var status: Int32 = 0
        let result = waitpid(pid, &status, WNOHANG)
        // ECHILD: someone else reaped it, or children are reaped by the kernel; either way it is gone.
        return result == pid || (result == -1 && errno == ECHILD)
    }
}
