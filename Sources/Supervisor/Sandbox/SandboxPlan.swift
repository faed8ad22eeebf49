import KeeperProtocol
import Manifests

/// Rules → steps, in the order of RUNS.md: namespaces and mounts, ids, no_new_privs, capabilities, Landlock,
/// seccomp.
///
/// Root makes its mounts with root's own rights, and a user namespace comes last, so that the run has no
/// rights at all over its mounts. An ordinary user begins with the user namespace: it gives him rights.
struct SandboxPlan {
    let rules: SandboxRules
    let context: SandboxContext

    /// Whether keeper and kernel have anything to do for these rules but no_new_privs.
    static func isNeeded(_ rules: SandboxRules) -> Bool {
        rules.changesMounts || rules.network != .full || rules.capabilities != nil || rules.landlock
            || rules.systemCallFilter != .off || rules.privateUsers
    }

    /// An ordinary user cannot mount /proc so that it hides others; with pids of its own there are none.
    var hasPids: Bool {
        rules.privatePids || (!context.isRoot && rules.protectProc == .invisible)
    }
    /// What an ordinary user needs for anything but Landlock and seccomp.
    private var beginsWithUsers: Bool {
        !context.isRoot
            && (changesMounts || rules.network == .none || rules.privateUsers)
    }
    private var endsWithUsers: Bool { context.isRoot && rules.privateUsers }
    var hasUsers: Bool { beginsWithUsers || endsWithUsers }

    private var changesMounts: Bool { rules.changesMounts || context.hidesGroups(rules) }

    func steps() -> SandboxSteps {
        var steps = SandboxSteps()
        guard Self.isNeeded(rules) else { return steps }
        if hasPids {
            steps.cloneFlags = NamespaceFlags.pids | (beginsWithUsers ? NamespaceFlags.users : 0)
        } else if beginsWithUsers {
            steps.enter.append(SandboxStep(.unshare, .userNamespace, first: NamespaceFlags.users))
        }
        if beginsWithUsers { steps.enter.append(mapping) }
        steps.enter += namespaces()
        if changesMounts {
            steps.enter += MountPlan(rules: rules, context: context, hasPids: hasPids).steps()
        }
        steps.enter += boundBeforeIDs()
        if endsWithUsers {
            steps.confine.append(SandboxStep(.unshare, .userNamespace, first: NamespaceFlags.users))
            steps.confine.append(mapping)
        }
        finish(&steps)
        return steps
    }

    private var mapping: SandboxStep {
        SandboxStep(.mapIDs, .userNamespace, first: UInt64(context.uid), second: UInt64(context.gid))
    }

    private func namespaces() -> [SandboxStep] {
        var steps: [SandboxStep] = []
        if rules.network == .none {
            steps.append(SandboxStep(.unshare, .networkNamespace, first: NamespaceFlags.network))
            steps.append(SandboxStep(.loopbackUp, .networkNamespace))
        }
        if rules.privateIPC {
            steps.append(SandboxStep(.unshare, .ipcNamespace, first: NamespaceFlags.ipc))
        }
        return steps
    }

    // Capabilities.

    /// While there is the right to. A user namespace to come brings all of them back, within itself.
    private func boundBeforeIDs() -> [SandboxStep] {
        guard let names = rules.capabilities, context.isRoot, !endsWithUsers else { return [] }
        var steps = [
            SandboxStep(.boundCapabilities, .capabilities, first: Capabilities.mask(names))
        ]
        if rules.grantsCapabilities, context.switchesUser {
            steps.append(SandboxStep(.keepCapabilities, .capabilities))
        }
        return steps
    }

    private func finish(_ steps: inout SandboxSteps) {
        if let names = rules.capabilities {
            let kept = Capabilities.mask(names)
            if hasUsers {
                steps.confine.append(SandboxStep(.boundCapabilities, .capabilities, first: kept))
            }
            // Root's own come back with execve, as far as the bounding set has them.
            let ambient = rules.grantsCapabilities && context.uid != 0 ? kept : 0
            steps.confine.append(
                SandboxStep(.setCapabilities, .capabilities, first: kept, second: ambient))
        }
        if rules.guardsHeldPorts { steps.confine += LandlockPlan.connectingNowhere }
        if rules.landlock { steps.confine += LandlockPlan(rules: rules, context: context).steps() }
        if rules.systemCallFilter != .off || rules.guardsHeldPorts {
            steps.filter.append(
                SandboxStep(.seccomp, .systemCallFilter, data: SystemCallFilter(rules).program(for: .own)))
        }
    }
}
