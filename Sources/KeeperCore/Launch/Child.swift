import CLinux
import Glibc
import KeeperProtocol

/// The workload's process as its keeper sees it. It is the keeper's child and reaped by nobody else, so its
/// pid stays its own until then and may be signalled without a pidfd.
struct Child {
    let pid: pid_t
    /// The keeper's end of the launch report.
    let report: Int32
    /// Of a run in a pid namespace, whose first process `pid` is: how the program itself ended.
    let ending: NamespaceInit.Ending?

    /// Forks the child, which waits for `LaunchReport.sendGo`. `closing`: descriptors that it must let go
    /// before anything else, the slot's lock first of all. Closes `stdout` and `stderr` in the caller.
    /// `joined`: a run's process whose sandbox it shares. Nil with errno set where it cannot be forked.
    static func fork(
        _ spec: borrowing MappedSpec, program: ChildProgram? = nil, handover: Handover? = nil,
        stdin: Int32 = -1, stdout: Int32, stderr: Int32, closing lock: Int32, joined: ProcessIdentity? = nil
    ) -> Child? {
        defer {
            close(stdout)
            if stderr != stdout { close(stderr) }
        }
        var ends: (Int32, Int32) = (-1, -1)
        let paired = withUnsafeMutableBytes(of: &ends) {
            clinux_seqpacket_pair($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard paired == 0 else { return nil }
        // /dev/stdout and /dev/stderr open these pipes anew, with the run's own rights.
        if let user = spec.view.user {
            for writer in [stdout, stderr] { _ = fchown(writer, user, gid_t.max) }
        }
        let keeper = getpid()
        let namespaces = joined == nil ? spec.view.sandbox.cloneFlags : 0
        var ending: NamespaceInit.Ending?
        // One that joins a pid namespace has to fork for it, too.
        if spec.view.sandbox.cloneFlags & NamespaceFlags.pids != 0 {
            ending = NamespaceInit.Ending()
            guard ending != nil else { return nil }
        }
        let (pid, isInGroup) = forkIntoGroup(spec.view.unifiedDirectory, namespaces)
        if pid == 0 {
            if lock >= 0 { close(lock) }
            close(ends.0)
            var setup = ChildSetup(
                spec: spec.view, program: program, handover: handover, stdin: stdin, stdout: stdout,
                stderr: stderr, report: ends.1, keeper: keeper, joinsUnifiedGroup: !isInGroup, ending: ending,
                joined: joined)
            setup.run()
        }
        let failure = errno
        close(ends.1)
        guard pid > 0 else {
            close(ends.0)
            errno = failure
            return nil
        }
        return Child(pid: pid, report: ends.0, ending: ending)
    }

    /// What it is that `fork` could not do. A host that is short of processes says EAGAIN or ENOMEM, whatever
    /// was asked of it; anything else means the namespaces.
    static func failedStep(_ spec: borrowing MappedSpec, errno: Int32) -> LaunchStep {
        let isRefused = spec.view.sandbox.cloneFlags != 0 && errno != EAGAIN && errno != ENOMEM
        return isRefused ? .pidNamespace : .fork
    }

    /// How it ended, once it is reaped with this usage.
    func end(_ usage: clinux_usage) -> ChildEnd {
        var usage = usage
        if let status = ending?.status { usage.status = status }
        return ChildEnd(usage)
    }

    /// Where clone3 cannot put the child into its group (an old kernel, a seccomp filter), the child joins
    /// it.
    private static func forkIntoGroup(
        _ directory: UnsafePointer<CChar>?, _ namespaces: UInt64
    ) -> (pid_t, isInGroup: Bool) {
        guard let directory else { return (fork(namespaces), true) }
        let group = clinux_openat(AT_FDCWD, directory, clinux_O_PATH | O_DIRECTORY, 0)
        guard group >= 0 else { return (fork(namespaces), false) }
        let pid = clinux_clone(group, namespaces)
        if pid == 0 { return (0, true) }
        let failure = errno
        close(group)
        if pid > 0 || failure == EAGAIN || failure == ENOMEM {
            errno = failure
            return (pid, true)
        }
        return (fork(namespaces), false)
    }

    private static func fork(_ namespaces: UInt64) -> pid_t {
        namespaces == 0 ? clinux_fork() : clinux_clone(-1, namespaces)
    }
}
