import CLinux
import Glibc
import KeeperProtocol
import Reconciler

/// For hosts without control groups: finds what is left of a run by the run id in its environment. A process
/// may have changed its environment, so this proves nothing; it is better than leaving the others alive.
enum StrayProcesses {
    private static let roundsMax = 20
    private static let environmentBytesMax = 4 << 20

    /// Kills until a round finds none.
    static func kill(of run: RunID) async {
        for _ in 0..<roundsMax {
            guard killOnce(of: run) > 0 else { return }
            await doze(for: .milliseconds(5))
        }
    }

    private static func killOnce(of run: RunID) -> Int {
        let entry = Array("PLUMB_RUN_ID=\(run.text)".utf8)
        var killed = 0
        for name in directoryNames("/proc") {
            guard let pid = Int32(name), pid > 1, pid != getpid(), let identity = ProcessIdentity(of: pid),
                let environment = try? contents(of: "/proc/\(pid)/environ", bytesMax: environmentBytesMax),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(entry) }),
                let pidfd = identity.openPidfd()
            else { continue }
            if clinux_pidfd_send_signal(pidfd, SIGKILL) == 0 { killed += 1 }
            close(pidfd)
        }
        return killed
    }
}
