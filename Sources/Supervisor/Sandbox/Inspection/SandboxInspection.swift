import Glibc
import KeeperProtocol
import Manifests
import Reconciler

/// Compares the sandbox of a run with what the kernel says of its process.
struct SandboxInspection {
    let rules: SandboxRules
    let context: SandboxContext
    /// What of the rules was put into force; nil: that is not known.
    let given: SandboxRules?
    let view: ProcessView
    /// The mounts of the host, as the agent sees them.
    let host: MountTable?
    /// The control group of the run, whose packets `network: local` filters.
    let group: String?
    /// What Plumb holds for it.
    let ports: [Port]

    struct Port {
        let name: String
        /// nil: not known.
        let isLocal: Bool?
    }

    typealias Item = SandboxObservation.Item

    func items() -> [Item] {
        privileges() + files() + confinement() + namespaces() + paths()
    }

    private func privileges() -> [Item] {
        [
            seen("noNewPrivileges", rules.noNewPrivileges, yes(rules.noNewPrivileges)) {
                view.status("NoNewPrivs").map { ($0 == "1", "NoNewPrivs: \($0)") }
            },
            capabilities(),
        ]
    }

    private func capabilities() -> Item {
        let declared = SandboxRules.text(rules.capabilities)
        let bound = rules.capabilities.map(Capabilities.mask)
        return seen("capabilities", bound != nil, declared) {
            guard let bounding = view.capabilities("CapBnd"), let permitted = view.capabilities("CapPrm")
            else { return nil }
            let allowed = bound ?? 0
            // An ordinary user can lower no bounding set, and without new privileges gains nothing from it.
            let isBarred = view.status("NoNewPrivs") == "1" && view.user != 0
            let isWithin = permitted & ~allowed == 0 && (bounding & ~allowed == 0 || isBarred)
            let names = { (set: UInt64) in
                let names = Capabilities.names(in: set)
                return names.isEmpty ? "none" : names.joined(separator: " ")
            }
            let atMost =
                bounding == permitted
                ? "" : isBarred ? ", and none to be gained" : ", at most \(names(bounding))"
            return (isWithin, "permitted \(names(permitted))\(atMost)")
        }
    }

    private func confinement() -> [Item] {
        let landlock = Item(
            "landlock", declared: yes(rules.landlock),
            !rules.landlock ? .off : given.map { $0.landlock ? .atStart : .no } ?? .unknown,
            !rules.landlock
                ? ""
                : given?.landlock == true
                    ? "version \(context.landlockVersion), which the kernel shows of no process"
                    : "this host does not give it")
        let isOn = rules.systemCallFilter != .off
        let filter = seen("systemCallFilter", isOn, rules.systemCallFilter.rawValue) {
            guard let mode = view.status("Seccomp") else { return nil }
            let filters = view.status("Seccomp_filters").map { ", Seccomp_filters: \($0)" } ?? ""
            return (mode == "2", "Seccomp: \(mode)\(filters)")
        }
        return [landlock, filter]
    }

    private func namespaces() -> [Item] {
        [
            network(), namespace("privateUsers", "user", rules.privateUsers, isImplied: hasUsers),
            namespace("privatePids", "pid", rules.privatePids, isImplied: hasPids),
            namespace("privateIPC", "ipc", rules.privateIPC),
        ]
    }

    private func network() -> Item {
        switch rules.network {
        case .full: return Item("network", declared: rules.network.rawValue, .off, "")
        case .none:
            var item = namespace("network", "net", true)
            item.declared = rules.network.rawValue
            guard rules.hasHeldPorts, item.verdict == .yes else { return item }
            let names = ports.map(\.name).joined(separator: " ")
            item.verdict = given.map { $0.guardsHeldPorts ? .atStart : .no } ?? .unknown
            item.evidence += ", and \(names) of the host's, "
            item.evidence +=
                item.verdict == .atStart
                ? "of which Landlock makes no connections" : "which it may connect to any host"
            return item
        case .local: return local()
        }
    }

    /// Filters on the group of a process that can neither leave it nor send around them.
    private func local() -> Item {
        seen("network", true, rules.network.rawValue) {
            guard let filters = group.flatMap({ PacketFilters(group: $0) }),
                let permitted = view.capabilities("CapPrm"), let bounding = view.capabilities("CapBnd"),
                ports.allSatisfy({ $0.isLocal != nil })
            else { return nil }
            let counts = "filters on its control group: \(filters.incoming) in, \(filters.outgoing) out"
            let isBarred = view.status("NoNewPrivs") == "1" && view.user != 0
            let around =
                Capabilities.mask(Capabilities.aroundFilters) & (isBarred ? permitted : permitted | bounding)
            if around != 0 {
                return (
                    false, "\(counts); around them: \(Capabilities.names(in: around).joined(separator: " "))"
                )
            }
            if context.hidesGroups(rules) {
                guard let mount = view.mounts?.mount(of: SandboxContext.groups) else { return nil }
                guard isPrivate(mount) else { return (false, "\(counts); it can leave its control group") }
            }
            if let port = ports.first(where: { $0.isLocal == false }) {
                return (false, "\(counts); the held port \(port.name) is open to every host")
            }
            return (filters.incoming > 0 && filters.outgoing > 0, counts)
        }
    }

    private func namespace(
        _ name: String, _ kind: String, _ isDeclared: Bool, isImplied: Bool = false
    ) -> Item {
        let declared = isImplied && !isDeclared ? "implied" : yes(isDeclared)
        return seen(name, isDeclared || isImplied, declared) {
            view.namespace(kind).map { ($0.isOwn, $0.isOwn ? $0.name : "the host's: \($0.name)") }
        }
    }

    /// An ordinary user gets his rights over mounts from them, whatever is declared.
    private var hasUsers: Bool { SandboxPlan(rules: rules, context: context).hasUsers }
    private var hasPids: Bool { SandboxPlan(rules: rules, context: context).hasPids }
}

// Files.
extension SandboxInspection {
    private func files() -> [Item] {
        [
            mounted("privateTmp", rules.privateTmp, temporary) { $0.point == $1 && isPrivate($0) },
            protectSystem(),
            hideInstances(),
            protectProc(),
            mounted("protectKernelTunables", rules.protectKernelTunables, ["/proc/sys", "/sys"]) { mount, _ in
                mount.isReadOnly
            },
            mounted("privateDevices", rules.privateDevices, ["/dev"]) {
                $0.point == $1 && isPrivate($0)
            },
        ]
    }

    private func hideInstances() -> Item {
        var item = mounted("hideInstances", rules.hideInstances, hidden) { mount, path in
            isPrivate(mount) && isEmptied(mount, path)
        }
        let shown = (rules.readOnlyPaths + rules.readWritePaths).filter { path in
            hidden.contains { SandboxContext.isWithin(path, $0) }
        }
        if item.verdict == .yes, !shown.isEmpty {
            item.evidence += "; shown: \(shown.joined(separator: " "))"
        }
        return item
    }

    private var temporary: [String] { SandboxContext.temporary.filter { !MountPlan.isLink($0) } }
    private var hidden: [String] { context.hidden.filter { access($0, F_OK) == 0 } }

    private func protectSystem() -> Item {
        let paths = rules.protectSystem == .strict ? ["/", "/usr", "/etc"] : ["/usr", "/etc"]
        let isDeclared = rules.protectSystem != .off
        var item = mounted("protectSystem", isDeclared, paths) { mount, _ in mount.isReadOnly }
        item.declared = rules.protectSystem.rawValue
        return item
    }

    private func protectProc() -> Item {
        seen("protectProc", rules.protectProc != .default, rules.protectProc.rawValue) {
            guard let mount = view.mounts?.mount(of: "/proc") else { return nil }
            let hiding = mount.superOptions.first { $0.hasPrefix("hidepid=") && $0 != "hidepid=0" }
            if let hiding { return (true, "/proc has \(hiding)") }
            // With pids of its own there is nobody else to be shown.
            let hasOwn = hasPids && view.namespace("pid")?.isOwn == true
            return (hasOwn, hasOwn ? "/proc of its own pid namespace" : "/proc shows every process")
        }
    }

    private func paths() -> [Item] {
        [
            declared("readOnlyPaths", rules.readOnlyPaths) { mount, _ in mount.isReadOnly },
            declared("readWritePaths", rules.readWritePaths) { mount, path in
                mount.point == path && !mount.isReadOnly
            },
            declared("inaccessiblePaths", rules.inaccessiblePaths) { $0.point == $1 && isPrivate($0) },
        ].compactMap { $0 }
    }

    private func declared(
        _ name: String, _ paths: [String], _ holds: (MountTable.Mount, String) -> Bool
    ) -> Item? {
        guard !paths.isEmpty else { return nil }
        var item = mounted(name, true, paths, holds)
        item.declared = paths.joined(separator: " ")
        return item
    }

    /// Holds where it holds of every path.
    private func mounted(
        _ name: String, _ isDeclared: Bool, _ paths: [String], _ holds: (MountTable.Mount, String) -> Bool
    ) -> Item {
        seen(name, isDeclared, yes(isDeclared)) {
            guard let mounts = view.mounts else { return nil }
            var evidence: [String] = []
            var isSo = true
            for path in paths {
                guard let mount = mounts.mount(of: path) else { return nil }
                let held = holds(mount, path)
                if !held { isSo = false }
                let access = mount.isReadOnly ? "ro" : "rw"
                evidence.append("\(path) \(mount.type) \(access)\(held ? "" : " (!)")")
            }
            return (isSo, evidence.joined(separator: ", "))
        }
    }

    /// A file system of its own: a /tmp that is a tmpfs may be the host's.
    private func isPrivate(_ mount: MountTable.Mount) -> Bool {
        guard let host = host?.mount(of: mount.point) else { return false }
        return host.device != mount.device
    }

    /// Of what is mounted over a directory of Plumb's, nothing but the run's own shows.
    private func isEmptied(_ mount: MountTable.Mount, _ path: String) -> Bool {
        context.hidden.contains(mount.point) || SandboxContext.emptied(by: rules).contains(mount.point)
            || rules.inaccessiblePaths.contains(mount.point)
    }
}

// Verdicts.
extension SandboxInspection {
    /// `look` says whether it is in force, and what shows it; nil: it cannot be read.
    private func seen(
        _ name: String, _ isDeclared: Bool, _ declared: String, _ look: () -> (Bool, String)?
    ) -> Item {
        guard let (isInForce, evidence) = look() else {
            return Item(name, declared: declared, isDeclared ? .unknown : .off, "not to be read in /proc")
        }
        if !isDeclared { return Item(name, declared: declared, .off, "") }
        return Item(name, declared: declared, isInForce ? .yes : .no, evidence)
    }

    private func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }
}
