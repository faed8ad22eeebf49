import Glibc
import KeeperProtocol
import Reconciler

extension ExitReport {
    init(_ record: ExitRecord) {
        self.init(
            cause: Cause(record.cause, path: record.failedPath), oomKilled: record.isKilledForMemory,
            oomKills: record.oomKills,
            startedWall: record.startedAtWall == 0
                ? nil : WallTime(nanoseconds: Int64(clamping: record.startedAtWall)),
            endedWall: WallTime(nanoseconds: Int64(clamping: record.endedAtWall)),
            treeProvenEmpty: record.treeProvenEmpty,
            lostLogBytes: record.stdout.lostBytes &+ record.stderr.lostBytes,
            cpuTime: .nanoseconds(Int64(clamping: record.userNanoseconds &+ record.systemNanoseconds)),
            memoryPeakBytes: record.rssBytesMax)
        if record.startedAtBoot > 0, record.endedAtBoot >= record.startedAtBoot {
            startedAt = Instant(nanoseconds: Int64(clamping: record.startedAtBoot))
            endedAt = Instant(nanoseconds: Int64(clamping: record.endedAtBoot))
        }
    }

    /// For a run whose end nobody saw.
    static func unseen(
        _ cause: Cause, identity: KeeperProtocol.RunIdentity?, treeProvenEmpty: Bool
    ) -> ExitReport {
        ExitReport(
            cause: cause,
            startedWall: identity.map { WallTime(nanoseconds: Int64(clamping: $0.startedAtWall)) },
            endedWall: .current, treeProvenEmpty: treeProvenEmpty)
    }
}

extension ExitRecord {
    /// An older keeper knows only that the OOM killer struck at some time.
    fileprivate var isKilledForMemory: Bool {
        if let wasKilledForMemory { return wasKilledForMemory }
        if case .signaled(SIGKILL, _) = cause { return oomKills > 0 }
        return false
    }
}

extension ExitReport.Cause {
    /// `path`: what a failed step was about, or "".
    init(_ cause: ExitCause, path: String) {
        switch cause {
        case .exited(let code): self = .exited(code: code)
        case .signaled(let number, let coreDumped): self = .signaled(number: number, coreDumped: coreDumped)
        case .execFailed(let step, let number):
            let subject = path.isEmpty ? "" : "\(path): "
            self = .startFailed(
                step: step.name, errno: number,
                message: "\(step.words): \(subject)\(SystemError.text(number))")
        case .lostBeforeExec:
            self = .startFailed(
                step: "start", errno: 0, message: "the process was killed before it executed its program")
        }
    }

    /// The agent was gone before a keeper had the run.
    static let neverHandedOver = Self.startFailed(
        step: ExitReport.handoverStep, errno: 0,
        message: "the agent ended before the run was handed over to a keeper")
}

extension LaunchStep {
    /// As a system call's manual page has it, where there is one.
    var name: String {
        switch self {
        case .unknown: "start"
        case .specification: "specification"
        case .slot: "slot"
        case .socket: "socket"
        case .output: "output"
        case .fork: "fork"
        case .cgroup: "cgroup"
        case .session: "setsid"
        case .standardStreams: "dup2"
        case .limits: "setrlimit"
        case .groups: "setgroups"
        case .user: "setuid"
        case .noNewPrivileges: "no_new_privs"
        case .workingDirectory: "chdir"
        case .execute: "exec"
        case .descriptors: "descriptors"
        case .mountNamespace, .userNamespace, .pidNamespace, .networkNamespace, .ipcNamespace, .privateTmp,
            .protectSystem, .hideInstances, .protectProc, .protectKernelTunables, .privateDevices, .paths,
            .capabilities, .landlock, .systemCallFilter, .networkFilter, .joinNamespaces:
            "sandbox"
        }
    }

    var words: String {
        switch self {
        case .unknown: "cannot start"
        case .specification: "the keeper cannot read the launch specification"
        case .slot: "the keeper cannot use the slot's files"
        case .socket: "the keeper cannot make its socket"
        case .output: "the keeper cannot open the log files"
        case .fork: "cannot fork"
        case .cgroup: "cannot join its control group"
        case .session: "cannot begin a session"
        case .standardStreams: "cannot set up standard input and output"
        case .limits: "cannot set its resource limits"
        case .groups: "cannot set its groups"
        case .user: "cannot change to its user"
        case .noNewPrivileges: "cannot set no_new_privs"
        case .workingDirectory: "cannot enter its working directory"
        case .execute: "cannot execute the command"
        case .descriptors: "cannot take the descriptors that it is to be given"
        case .mountNamespace, .userNamespace, .pidNamespace, .networkNamespace, .ipcNamespace, .privateTmp,
            .protectSystem, .hideInstances, .protectProc, .protectKernelTunables, .privateDevices, .paths,
            .capabilities, .landlock, .systemCallFilter, .networkFilter, .joinNamespaces:
            "sandbox: \(sandboxItem)"
        }
    }
}

extension Reconciler.RunIdentity {
    init(_ identity: KeeperProtocol.RunIdentity) {
        self.init(
            bootID: identity.bootID, pid: identity.child.pid, startTime: identity.child.startTicks,
            keeperPID: identity.keeper.pid,
            startedAt: Instant(nanoseconds: Int64(clamping: identity.startedAtBoot)),
            startedWall: WallTime(nanoseconds: Int64(clamping: identity.startedAtWall)))
    }
}
