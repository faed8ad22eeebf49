import Glibc
import KeeperProtocol
import Manifests
import Reconciler

extension LaunchAssembly {
    /// Settings that no workload may read.
    private static let settings = "/etc/plumb"

    /// For a trial: without a replica.
    func context(_ user: RunUser) -> SandboxContext {
        SandboxContext(
            isRoot: geteuid() == 0, uid: user.uid, gid: user.gid,
            switchesUser: user.switches && user.uid != 0,
            hidden: hidden,
            landlockVersion: SandboxTrials.landlockVersion)
    }

    func context(
        _ user: RunUser, _ process: ProcessSpec, _ slot: SlotID, _ run: RunID, executable: String
    ) -> SandboxContext {
        var context = context(user)
        if process.notify == true {
            context.notifySocket = NotifySockets(directory: layout.notifySockets).path(of: run)
        }
        let directories = ReplicaDirectories(layout, slot)
        context.own = directories.members.map { "\(directories.base)/\($0.name)" } + [layout.shared]
        context.package = process.package.map(packages.path(of:))
        context.executable = executable
        return context
    }

    /// Declared paths that are not there, and a sandbox that would hide the program from itself.
    func checkSandbox(_ process: ProcessSpec, executable: String) throws(PreparationFailure) {
        let rules = process.sandboxRules
        for path in rules.readOnlyPaths + rules.readWritePaths where access(path, F_OK) != 0 {
            throw PreparationFailure(
                code: "sandbox-path", message: "'\(path)' is among the sandbox's paths, and is not there",
                remedy: "make it on this host, or remove it from spec.sandbox")
        }
        try checkHidden(rules)
        let shown =
            rules.readOnlyPaths + rules.readWritePaths
            + [process.package.map(packages.path(of:))]
            .compactMap { $0 }
        let covers = covers(rules)
        let directory = process.workingDir.flatMap { $0.hasPrefix("/") ? $0 : nil }
        for path in [executable, directory].compactMap({ $0 }) {
            guard let cover = covers.first(where: { SandboxContext.isWithin(path, $0) }),
                !shown.contains(where: { SandboxContext.isWithin(path, $0) })
            else { continue }
            throw PreparationFailure(
                code: "sandbox-hides",
                message: "the sandbox hides \(cover), and \(path) stands in it",
                remedy: "move it, or name it in spec.sandbox.readOnlyPaths")
        }
    }

    /// Lists that contradict what is hidden.
    private func checkHidden(_ rules: SandboxRules) throws(PreparationFailure) {
        let hidden = rules.hideInstances ? hidden.map(SandboxContext.resolved) : []
        for path in rules.readOnlyPaths + rules.readWritePaths
        where hidden.contains(SandboxContext.resolved(path)) {
            throw PreparationFailure(
                code: "sandbox-path",
                message: "'\(path)' is among the sandbox's paths, and is hidden from runs",
                remedy: "name what the program needs of it, or set sandbox.hideInstances: false")
        }
        for path in rules.inaccessiblePaths
        where SandboxContext.isWithin(layout.instances, SandboxContext.resolved(path)) {
            throw PreparationFailure(
                code: "sandbox-hides",
                message: "the sandbox hides \(path), and the run's own directories stand in it",
                remedy: "name what is to be hidden of it in spec.sandbox.inaccessiblePaths")
        }
    }

    private func covers(_ rules: SandboxRules) -> [String] {
        SandboxContext.emptied(by: rules) + (rules.hideInstances ? hidden : []) + rules.inaccessiblePaths
    }

    /// What of Plumb's no run may see but its own part of.
    private var hidden: [String] { [layout.stateDir, layout.runtimeDir, secrets.path, Self.settings] }
}

extension ProcessSpec {
    var sandboxRules: SandboxRules {
        var rules = SandboxRules(sandbox)
        rules.hasHeldPorts = endpoints.contains { $0.listen == true }
        return rules
    }
}

extension Supervisor {
    /// Says of a run which promises of its sandbox are not kept; nothing where all are.
    func tellDegraded(_ run: RunID, _ verdict: SandboxVerdict) {
        guard !verdict.missing.isEmpty else { return }
        tell(
            .found(
                run,
                RunFinding(
                    kind: .sandboxDegraded, reason: "NotEnforced",
                    message: "this host does not give: \(verdict.missingText)")))
    }
}
