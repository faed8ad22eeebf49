import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler

/// What the levels of `sandbox.level` mean to a keeper.
///
/// `none`: a clean environment, the ids, the mask and the limits that are declared, and no more.
/// `minimal`: besides, no program of the run gains rights by setuid or file capabilities.
enum SandboxSettings {
    static func apply(_ spec: InstanceSpec, to launch: inout LaunchSpec) {
        let process = spec.process
        launch.noNewPrivileges = process.sandbox.level != .none
        launch.umask = process.umask
        launch.nofile = nofile(spec.resources?.nofile)
    }

    /// Sets the limit of open files of a process that runs. False: it could not be set (raising a hard
    /// limit takes CAP_SYS_RESOURCE), or the process is not the proven one any more. Children that it has
    /// keep theirs.
    static func applyLive(_ spec: InstanceSpec, to identity: ProcessIdentity) -> Bool {
        // The open pidfd keeps the pid from being given to a stranger until the limit is set.
        guard let pidfd = identity.openPidfd() else { return false }
        defer { close(pidfd) }
        let limit = nofile(spec.resources?.nofile)
        return clinux_limit_nofile_of(identity.pid, limit.soft, limit.hard) == 0
    }

    /// The declared limit, or what a service of the host would have: the agent raises its own limit for its
    /// many descriptors, and programs that use select(2) must not inherit that.
    private static func nofile(_ declared: UInt64?) -> ResourceLimit {
        if let declared { return ResourceLimit(soft: declared, hard: declared) }
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        guard clinux_get_limit_nofile(&soft, &hard) == 0 else { return ResourceLimit(soft: 1024, hard: 4096) }
        return ResourceLimit(soft: min(1024, hard), hard: hard)
    }
}
