import Glibc
import KeeperProtocol
import Manifests

/// The mounts of one run, in a namespace of its own from which none gets out.
struct MountPlan {
    let rules: SandboxRules
    let context: SandboxContext
    /// The run has a pid namespace, and needs the /proc of it.
    let hasPids: Bool

    private static let systemDirectories = ["/usr", "/boot", "/efi", "/etc"]
    /// On hosts where they are no links into /usr.
    private static let splitDirectories = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"]
    private static let kernelFiles = [
        "/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/keys", "/proc/timer_list", "/proc/sched_debug",
        "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security",
    ]
    private static let kernelSwitches = [
        "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi",
    ]
    private static let devices = ["null", "zero", "full", "random", "urandom", "tty"]
    private static let deviceLinks = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    /// Without a group the kernel takes group 0, whose members would be shown everything.
    private static let hidingOptions = "hidepid=invisible,gid=4294967294"

    func steps() -> [SandboxStep] {
        var steps = [SandboxStep(.unshare, .mountNamespace, first: NamespaceFlags.mounts)]
        // What is listed must not bring back what is covered below it: so that comes first, and after a cover
        // comes what stands within it.
        steps += system() + paths(.aroundCovers) + temporary() + devices() + proc()
        if context.hidesGroups(rules) { steps.append(mask(SandboxContext.groups, .networkFilter)) }
        steps += paths(.beside) + hidden() + paths(.withinHidden) + own()
        return steps
    }

    private enum Place { case aroundCovers, beside, withinHidden }

    private func place(of path: String) -> Place {
        let path = SandboxContext.resolved(path)
        if hiddenDirectories.contains(where: { SandboxContext.isWithin(path, SandboxContext.resolved($0)) }) {
            return .withinHidden
        }
        return covers.contains { $0 != path && SandboxContext.isWithin($0, path) } ? .aroundCovers : .beside
    }

    /// What has mounts of its own, but for what is hidden.
    private var covers: [String] {
        SandboxContext.emptied(by: rules) + (rules.privateDevices ? ["/dev"] : [])
            + (keepsProc ? [] : ["/proc"]) + (rules.protectKernelTunables ? ["/proc", "/sys"] : [])
            + (context.hidesGroups(rules) ? [SandboxContext.groups] : [])
    }

    private var listed: [String] { rules.readOnlyPaths + rules.readWritePaths }

    private func system() -> [SandboxStep] {
        switch rules.protectSystem {
        case .off: return []
        case .full:
            return (Self.systemDirectories + Self.splitDirectories.filter { !Self.isLink($0) }).map {
                SandboxStep(
                    .readOnly, .protectSystem, second: SandboxStep.optional | SandboxStep.recursive,
                    texts: [$0])
            }
        case .strict:
            var steps = [
                SandboxStep(
                    .readOnly, .protectSystem, second: SandboxStep.inPlace | SandboxStep.recursive,
                    texts: ["/"])
            ]
            // They have rules of their own.
            let kept =
                (keepsProc ? ["/proc"] : []) + (rules.protectKernelTunables ? [] : ["/sys"])
                + (rules.privateDevices ? [] : ["/dev"])
            steps += kept.map { bind($0, .protectSystem) }
            return steps
        }
    }

    private func temporary() -> [SandboxStep] {
        guard rules.privateTmp else { return [] }
        return SandboxContext.temporary.filter { !Self.isLink($0) }.map {
            tmpfs($0, .privateTmp, "mode=1777,size=25%", optional: true)
        }
    }

    private func devices() -> [SandboxStep] {
        let shared = tmpfs("/dev/shm", .privateDevices, "mode=1777,size=25%", makes: true)
        guard rules.privateDevices else {
            guard rules.privateIPC else { return [] }
            var own = tmpfs("/dev/shm", .ipcNamespace, "mode=1777,size=25%", optional: true)
            own.second |= SandboxStep.optional
            return [own]
        }
        var steps = [tmpfs("/dev", .privateDevices, "mode=755,size=64k", devices: true)]
        steps += Self.devices.map {
            SandboxStep(
                .bind, .privateDevices, second: SandboxStep.makes | SandboxStep.optional,
                texts: ["/dev/\($0)", "/dev/\($0)"])
        }
        steps += Self.deviceLinks.map {
            SandboxStep(.symbolicLink, .privateDevices, texts: [$0.1, "/dev/\($0.0)"])
        }
        steps.append(shared)
        steps.append(
            SandboxStep(
                .mount, .privateDevices, first: MountFlags.noSetuid | MountFlags.noExecution,
                second: SandboxStep.makes,
                texts: ["devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620"]))
        steps.append(
            SandboxStep(.readOnly, .privateDevices, second: SandboxStep.inPlace, texts: ["/dev"]))
        return steps
    }

    private var keepsProc: Bool { !hasPids && rules.protectProc == .default }

    private func proc() -> [SandboxStep] {
        var steps: [SandboxStep] = []
        if !keepsProc {
            let options = rules.protectProc == .invisible && context.isRoot ? Self.hidingOptions : ""
            steps.append(
                SandboxStep(
                    .mount, hasPids ? .pidNamespace : .protectProc, first: MountFlags.inert,
                    texts: ["proc", "/proc", options]))
        }
        guard rules.protectKernelTunables else { return steps }
        let flags = SandboxStep.optional | SandboxStep.recursive
        steps += (["/sys"] + Self.kernelSwitches).map {
            SandboxStep(.readOnly, .protectKernelTunables, second: flags, texts: [$0])
        }
        steps += Self.kernelFiles.map { mask($0, .protectKernelTunables) }
        return steps
    }

    /// Plumb's own directories are covered as wholes; what is the run's is put back afterwards.
    private func hidden() -> [SandboxStep] {
        hiddenDirectories.map { path in
            showsPart(of: path)
                ? tmpfs(path, .hideInstances, "mode=755,size=64k,nr_inodes=256", optional: true)
                : mask(path, .hideInstances)
        }
    }

    private func showsPart(of path: String) -> Bool {
        let shown = context.own + [context.package, context.notifySocket].compactMap { $0 } + listed
        return shown.contains { SandboxContext.isWithin($0, path) }
    }

    /// One that stands in another is hidden with it. What is the run's own and empty hides what the host has
    /// below, unless a listed directory shows it again.
    private var hiddenDirectories: [String] {
        guard rules.hideInstances else { return [] }
        let emptied = SandboxContext.emptied(by: rules)
        let listed = listed.map { SandboxContext.resolved($0) }
        return context.hidden.enumerated().filter { index, path in
            let isInAnother = context.hidden.enumerated().contains { other, directory in
                path == directory ? other < index : SandboxContext.isWithin(path, directory)
            }
            let isCovered = emptied.contains { cover in
                SandboxContext.isWithin(path, cover)
                    && !listed.contains {
                        SandboxContext.isWithin(path, $0) && SandboxContext.isWithin($0, cover)
                    }
            }
            return !isInAnother && !isCovered
                && !rules.inaccessiblePaths.contains { SandboxContext.isWithin(path, $0) }
        }.map(\.element)
    }

    private func paths(_ place: Place) -> [SandboxStep] {
        func here(_ paths: [String]) -> [String] { paths.filter { self.place(of: $0) == place } }
        return here(rules.inaccessiblePaths).map { mask($0, .paths) }
            + here(rules.readOnlyPaths).map { bind($0, .paths, SandboxStep.readOnly) }
            + here(rules.readWritePaths).map { bind($0, .paths) }
    }

    private func own() -> [SandboxStep] {
        // A trial has none of them.
        var steps = context.own.map { bind($0, .hideInstances, SandboxStep.optional) }
        if let package = context.package {
            steps.append(bind(package, .hideInstances, SandboxStep.readOnly | SandboxStep.optional))
        }
        if let socket = context.notifySocket {
            steps.append(bind(socket, .hideInstances, SandboxStep.optional))
        }
        // Nothing may be added beside them.
        steps += hiddenDirectories.filter { showsPart(of: $0) }.map {
            SandboxStep(
                .readOnly, .hideInstances, second: SandboxStep.inPlace | SandboxStep.optional, texts: [$0])
        }
        return steps
    }

    private func bind(_ path: String, _ name: LaunchStep, _ flags: UInt64 = 0) -> SandboxStep {
        SandboxStep(.bind, name, second: flags | SandboxStep.makes, texts: [path, path])
    }

    private func mask(_ path: String, _ name: LaunchStep) -> SandboxStep {
        SandboxStep(.mask, name, second: SandboxStep.optional, texts: [path])
    }

    private func tmpfs(
        _ path: String, _ name: LaunchStep, _ options: String, makes: Bool = false, optional: Bool = false,
        devices: Bool = false
    ) -> SandboxStep {
        let flags = MountFlags.noSetuid | (devices ? MountFlags.noExecution : MountFlags.noDevices)
        return SandboxStep(
            .mount, name, first: flags,
            second: (makes ? SandboxStep.makes : 0) | (optional ? SandboxStep.optional : 0),
            texts: ["tmpfs", path, options])
    }

    static func isLink(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK
    }
}
