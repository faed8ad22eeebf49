import CLinux
import Glibc
import KeeperProtocol
import Manifests

/// The limits that the kernel keeps for each single process: open files and core dumps. They stand in for no
/// control group: RLIMIT_NPROC counts all that a user runs, and RLIMIT_AS breaks runtimes.
enum ProcessLimits {
    /// What a run begins with. A limit that this agent may not give is as high as it can be.
    static func apply(_ resources: Resources?, to launch: inout LaunchSpec) {
        launch.nofile = nofile(resources?.nofile)
        launch.core = core(resources?.core)
    }

    /// What of a declared limit `apply` cannot give.
    static func shortfalls(_ resources: Resources?) -> [LimitShortfall] {
        var shortfalls: [LimitShortfall] = []
        if let declared = resources?.nofile, let given = nofile(declared), given.hard < declared {
            shortfalls.append(beyond("nofile", "\(given.hard)"))
        }
        if let declared = resources?.core, let given = core(declared), given.hard < declared {
            shortfalls.append(beyond("core", Quantities.text(size: given.hard)))
        }
        return shortfalls
    }

    private static func beyond(_ field: String, _ given: String) -> LimitShortfall {
        LimitShortfall(
            field: field, reason: "the agent's own hard limit is \(given), and so is the replica's",
            remedy: "raise it for the agent (Limit\(field.uppercased())= in its service, or CAP_SYS_RESOURCE)"
        )
    }

    /// Sets the limits of the main process and of what it has forked. A pid of `members` is the run's as long
    /// as it stands in its group; one that is given to a stranger in between is so for a moment only, so the
    /// open pidfd proves the main process alone.
    static func change(
        _ resources: Resources?, of identity: ProcessIdentity?, and members: [Int32]
    ) -> [LimitShortfall] {
        guard let identity, let pidfd = identity.openPidfd() else { return [] }
        defer { close(pidfd) }
        var failed: Set<String> = []
        for pid in [identity.pid] + members.filter({ $0 != identity.pid }) {
            if let limit = nofile(resources?.nofile),
                clinux_limit_nofile_of(pid, limit.soft, limit.hard) != 0, errno != ESRCH
            {
                failed.insert("nofile")
            }
            // Without a declared limit it is again what the agent itself has.
            if let limit = core(resources?.core) ?? ownCore(),
                clinux_limit_core_of(pid, limit.soft, limit.hard) != 0, errno != ESRCH
            {
                failed.insert("core")
            }
        }
        return failed.sorted().map { field in
            LimitShortfall(
                field: field, reason: "the limit of a running process could not be changed",
                remedy: "restart the replica (spec.restartNonce), or run the agent with CAP_SYS_RESOURCE")
        } + shortfalls(resources).filter { !failed.contains($0.field) }
    }

    /// The declared limit, or what a service of the host would have: the agent raises its own limit for its
    /// many descriptors, and programs that use select(2) must not inherit that.
    static func nofile(_ declared: UInt64?) -> ResourceLimit? {
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        guard clinux_get_limit_nofile(&soft, &hard) == 0 else { return ResourceLimit(soft: 1024, hard: 4096) }
        guard let declared else { return ResourceLimit(soft: min(1024, hard), hard: hard) }
        let given = mayRaise ? declared : min(declared, hard)
        return ResourceLimit(soft: given, hard: given)
    }

    private static func core(_ declared: UInt64?) -> ResourceLimit? {
        guard let declared else { return nil }
        let given = mayRaise ? declared : min(declared, ownCore()?.hard ?? 0)
        return ResourceLimit(soft: given, hard: given)
    }

    private static func ownCore() -> ResourceLimit? {
        var limit = ResourceLimit(soft: 0, hard: 0)
        return clinux_get_limit_core(&limit.soft, &limit.hard) == 0 ? limit : nil
    }

    /// CAP_SYS_RESOURCE, bit 24 of the effective set.
    private static let mayRaise: Bool = {
        guard let bytes = try? contents(of: "/proc/self/status", bytesMax: 64 << 10) else { return false }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("CapEff:")
        }
        let set = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
        return set & 1 << 24 != 0
    }()
}
