import CLinux
import Glibc
import KeeperProtocol

/// The first process of a run's pid namespace. A plain program in that place is deaf to SIGTERM and leaves
/// its orphans as zombies; so this stands there, passes signals on, reaps, and ends when the program has.
/// The kernel then kills all that is left of the namespace. Killing it kills the namespace, too.
enum NamespaceInit {
    /// How the program ended, in a page that the keeper and the first process share: a first process cannot
    /// end by a signal of its own, so its own exit status cannot tell.
    struct Ending {
        private let page: UnsafeMutablePointer<Int32>

        /// Nil with errno set.
        init?() {
            guard let page = clinux_shared_page() else { return nil }
            self.page = page.bindMemory(to: Int32.self, capacity: 2)
        }

        /// As wait4 gives it; nil where the program did not end before the first process did.
        var status: Int32? { page[1] == 1 ? page[0] : nil }

        fileprivate func record(_ status: Int32) {
            page[0] = status
            page[1] = 1
        }
    }

    /// The pid of the program in its namespace: the first that is forked there.
    static let programPid: pid_t = 2

    private static let everySignal = UInt64.max

    /// In the child, before its signals are reset: those that come until there is a program to pass them on
    /// to must wait.
    static func prepare() -> Bool {
        clinux_set_signal_mask(everySignal) == 0 && clinux_reset_dispositions() == 0
    }

    /// Returns in the process that becomes the program: true. False with errno set where it cannot be forked.
    /// `isGuest`: the namespace is another run's, whose first process would take the program's orphans over.
    /// They go to one more process instead, which stands in the namespace and stops itself when the program
    /// has ended: with all that is below it, it is killed by whoever looks after the guest.
    static func standBefore(_ ending: Ending, isGuest: Bool) -> Bool {
        let program = clinux_fork()
        if program < 0 { return false }
        if program > 0 { serve(program, ending) }
        if isGuest {
            let guest = clinux_set_subreaper(1) == 0 ? clinux_fork() : -1
            if guest < 0 { return false }
            if guest > 0 { serve(guest, ending, staysBehind: true) }
        }
        // It leads a session, as it would without a namespace.
        return setsid() >= 0 && clinux_set_signal_mask(0) == 0
    }

    /// It holds no file, and nobody of its user may look into it or stop it.
    private static func serve(_ program: pid_t, _ ending: Ending, staysBehind: Bool = false) -> Never {
        clinux_close_range(0, .max)
        clinux_set_dumpable(0)
        clinux_set_name("plumb-init")
        clinux_trim_memory()
        while true {
            let signal = clinux_wait_signal(everySignal)
            if signal == SIGCHLD {
                reap(program, ending, staysBehind: staysBehind)
            } else if signal > 0 {
                kill(program, signal)
            }
        }
    }

    private static func reap(_ program: pid_t, _ ending: Ending, staysBehind: Bool) {
        var usage = clinux_usage()
        while true {
            let pid = clinux_wait(-1, 1, &usage)
            // Whose child has stayed behind is told of that as of an end.
            if pid <= 0, !staysBehind, let status = ending.status { end(status) }
            if pid <= 0 { return }
            guard pid == program else { continue }
            if ending.status == nil { ending.record(usage.status) }
            while staysBehind { kill(getpid(), SIGSTOP) }
            end(ending.status ?? usage.status)
        }
    }

    private static func end(_ status: Int32) -> Never {
        let signaled = clinux_wifsignaled(status) != 0
        _exit(signaled ? 128 + clinux_wtermsig(status) : clinux_wexitstatus(status))
    }
}
