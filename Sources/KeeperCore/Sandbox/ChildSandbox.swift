import CLinux
import Glibc
import KeeperProtocol

/// Shuts the child in, step by step, as its specification says. The child ends at the first step that fails:
/// a run is never less shut in than was asked for.
struct ChildSandbox {
    private let spec: LaunchSpecView
    /// Where failures are told.
    private let report: Int32
    private let joined: ProcessIdentity?
    /// Detached copies of what the `bind` steps will place, in their order, -1 for what is not there.
    private var sources: [Int32] = []
    private var nextSource = 0
    private var ruleset: Int32 = -1
    private var heldUser: Int32 = -1

    /// `joined`: the child of the keeper whose sandbox is shared, instead of making one.
    init(_ spec: LaunchSpecView, report: Int32, joined: ProcessIdentity?) {
        self.spec = spec
        self.report = report
        self.joined = joined
    }

    /// It was born into a pid namespace of its own, and its keeper's pid is not to be seen from there.
    var isParentUnseen: Bool { joined == nil && spec.sandbox.cloneFlags & NamespaceFlags.pids != 0 }

    /// It enters the namespaces of a run.
    var isGuest: Bool { joined != nil }

    mutating func perform(_ stage: SandboxView.Stage) {
        if stage == .enter, let joined { join(joined) }
        spec.forEachSandboxStep(stage) { step in
            if joined == nil { perform(step) } else { share(step) }
        }
    }

    /// What the run's process did to the namespaces is done already; the rest is each process's own.
    private mutating func share(_ step: SandboxStepView) {
        switch step.kind {
        case .unshare: if step.first == NamespaceFlags.users, heldUser >= 0 { joinUser(step) }
        case .mapIDs, .mount, .bind, .readOnly, .mask, .symbolicLink, .loopbackUp, .packetFilter: break
        // Two domains of Landlock never meet, and this one is there to reach the run: scopes would keep it
        // from that.
        case .landlock: makeRuleset(step, scopes: 0)
        default: perform(step)
        }
    }

    private mutating func perform(_ step: SandboxStepView) {
        switch step.kind {
        case .unshare: unshare(step)
        case .mapIDs: require(step, clinux_map_ids(uid_t(step.first), gid_t(step.second)) == 0)
        case .mount: mount(step)
        case .bind: bind(step)
        case .readOnly: makeReadOnly(step)
        case .mask: mask(step)
        case .symbolicLink:
            guard let target = step.text(0), let path = step.text(1) else { fail(step) }
            require(step, symlink(target, path) == 0)
        case .loopbackUp: require(step, clinux_loopback_up() == 0)
        case .packetFilter:
            let (program, length) = (step.data.baseAddress, step.data.count)
            let direction = UInt32(truncatingIfNeeded: step.first)
            require(step, clinux_filter_packets(step.text(0), program, length, direction) == 0)
        case .boundCapabilities: require(step, clinux_bound_capabilities(step.first) == 0)
        case .keepCapabilities: require(step, clinux_keep_capabilities() == 0)
        case .setCapabilities: require(step, clinux_set_capabilities(step.first, step.second) == 0)
        case .landlock: makeRuleset(step, scopes: step.second & SandboxStep.scopesMask)
        case .landlockPath: allowPath(step)
        case .landlockEnforce:
            require(step, clinux_landlock_restrict(ruleset) == 0)
            close(ruleset)
        case .seccomp: require(step, clinux_seccomp(step.data.baseAddress, step.data.count) == 0)
        case nil:
            errno = ENOSYS
            fail(step)
        }
    }

    private func require(_ step: SandboxStepView, _ succeeded: Bool) {
        if !succeeded { fail(step) }
    }

    /// For steps on paths: what is not there, or not the run's to see, may be passed over if it says so.
    private func tolerates(_ step: SandboxStepView) -> Bool {
        guard step.has(SandboxStep.optional) else { return false }
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP
    }

    private func fail(_ step: SandboxStepView) -> Never {
        // The first string of a mount is its type.
        fail(step.name, subject: step.text(step.kind == .mount ? 1 : 0))
    }

    private func fail(_ name: LaunchStep, subject: UnsafePointer<CChar>? = nil) -> Never {
        LaunchReport.send(report, step: name, errno: errno, subject: subject)
        _exit(LaunchFailure.exitCode)
    }
}

// Namespaces.
extension ChildSandbox {
    private mutating func unshare(_ step: SandboxStepView) {
        require(step, clinux_unshare(step.first) == 0)
        guard step.first & NamespaceFlags.mounts != 0 else { return }
        require(step, clinux_let_no_mount_out() == 0)
        // Taken now, because what will be mounted may cover them.
        spec.forEachSandboxStep(.enter) { bind in
            guard bind.kind == .bind else { return }
            let tree = clinux_clone_tree(bind.text(0))
            if tree < 0, !tolerates(bind) { fail(bind) }
            sources.append(tree)
        }
    }

    /// Instead of making namespaces: enters those that the run has made. Verified after it was opened, so
    /// they are those of the very process.
    private mutating func join(_ child: ProcessIdentity) {
        let flags = namespaces(.enter) | spec.sandbox.cloneFlags
        let users = namespaces(.confine) & NamespaceFlags.users
        guard flags | users != 0 else { return }
        errno = ESRCH
        let hasInit = spec.sandbox.cloneFlags & NamespaceFlags.pids != 0
        let main = hasInit ? child.program : child
        guard let main, let pidfd = main.openPidfd() else { fail(.joinNamespaces) }
        if users != 0 {
            heldUser = open("/proc/\(main.pid)/ns/user", O_RDONLY | O_CLOEXEC)
            // It is there after that, so the file was its own.
            let isOwn = clinux_pidfd_send_signal(pidfd, 0) == 0
            if heldUser < 0 || !isOwn { fail(.joinNamespaces) }
        }
        if flags != 0, clinux_setns(pidfd, flags) != 0 { fail(.joinNamespaces) }
        close(pidfd)
    }

    private func namespaces(_ stage: SandboxView.Stage) -> UInt64 {
        var flags: UInt64 = 0
        spec.forEachSandboxStep(stage) { if $0.kind == .unshare { flags |= $0.first } }
        return flags
    }

    private func joinUser(_ step: SandboxStepView) {
        require(step, clinux_setns(heldUser, NamespaceFlags.users) == 0)
        close(heldUser)
    }
}

// Mounts.
extension ChildSandbox {
    private func mount(_ step: SandboxStepView) {
        if step.has(SandboxStep.makes), let target = step.text(1) {
            require(step, mkdir(target, 0o755) == 0 || errno == EEXIST)
        }
        let mounted = clinux_mount(step.text(0), step.text(1), step.text(2), step.first)
        require(step, mounted == 0 || tolerates(step))
    }

    private mutating func bind(_ step: SandboxStepView) {
        let tree = nextSource < sources.count ? sources[nextSource] : -1
        nextSource += 1
        guard tree >= 0 else { return }
        if step.has(SandboxStep.readOnly) {
            let noExec: Int32 = step.has(SandboxStep.noExec) ? 1 : 0
            require(step, clinux_limit_tree(tree, "", 1, noExec) == 0)
        }
        if step.has(SandboxStep.makes) { require(step, clinux_make_target(step.text(1), tree) == 0) }
        require(step, clinux_place_tree(tree, step.text(1)) == 0 || tolerates(step))
        close(tree)
    }

    private func makeReadOnly(_ step: SandboxStepView) {
        let recursive: Int32 = step.has(SandboxStep.recursive) ? 1 : 0
        if step.has(SandboxStep.inPlace) {
            return require(step, clinux_limit_tree(AT_FDCWD, step.text(0), recursive, 0) == 0)
        }
        let tree = clinux_clone_tree(step.text(0))
        guard tree >= 0 else { return require(step, tolerates(step)) }
        require(step, clinux_limit_tree(tree, "", recursive, 0) == 0)
        require(step, clinux_place_tree(tree, step.text(0)) == 0)
        close(tree)
    }

    private func mask(_ step: SandboxStepView) {
        let target = clinux_openat(AT_FDCWD, step.text(0), clinux_O_PATH, 0)
        guard target >= 0 else { return require(step, tolerates(step)) }
        defer { close(target) }
        if clinux_is_directory(target) == 1 {
            let flags = MountFlags.readOnly | MountFlags.inert
            let options = "mode=000,size=4k,nr_inodes=2"
            return require(step, clinux_mount("tmpfs", step.text(0), options, flags) == 0)
        }
        let null = clinux_clone_tree("/dev/null")
        require(step, null >= 0 && clinux_place_tree(null, step.text(0)) == 0)
        close(null)
    }
}

// Landlock.
extension ChildSandbox {
    /// The rights that a rule on a file may name: execute, write, read, truncate, device ioctl.
    private static let fileRights: UInt64 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15

    private mutating func makeRuleset(_ step: SandboxStepView, scopes: UInt64) {
        ruleset = clinux_landlock_ruleset(step.first, step.second >> SandboxStep.networkShift, scopes)
        require(step, ruleset >= 0)
    }

    private func allowPath(_ step: SandboxStepView) {
        let path = clinux_openat(AT_FDCWD, step.text(0), clinux_O_PATH, 0)
        guard path >= 0 else { return require(step, tolerates(step)) }
        let rights = clinux_is_directory(path) == 1 ? step.first : step.first & Self.fileRights
        require(step, clinux_landlock_allow(ruleset, path, rights) == 0)
        close(path)
    }
}
