import CLinux
import Glibc

/// Where the groups of one controller stand on this host.
enum ControllerPlace: Equatable, Sendable {
    /// The run's own group of the unified tree has it.
    case unified
    /// A hierarchy of version 1: the directory of this state directory's tree in it, made when it is needed.
    case legacy(tree: String)
    case missing(reason: String, remedy: String)
}

extension ControlGroupHost {
    /// Where each controller is to be found, for a unified tree at `tree` that stands below `parent`. What
    /// can be delegated to it is.
    func places(tree: String, parent: String, name: String, isRoot: Bool) -> [Controller: ControllerPlace] {
        let delegation = ControllerDelegation(parent: parent, tree: tree)
        let delegated = delegation.delegate()
        var places: [Controller: ControllerPlace] = [:]
        for controller in Controller.allCases {
            if delegated.contains(controller) {
                places[controller] = .unified
            } else if let hierarchy = legacy[controller] {
                places[controller] = place(controller, hierarchy, name, isRoot)
            } else {
                places[controller] = delegation.missing(controller)
            }
        }
        return places
    }

    private func place(
        _ controller: Controller, _ hierarchy: LegacyHierarchy, _ name: String, _ isRoot: Bool
    ) -> ControllerPlace {
        for parent in Self.parents(of: hierarchy.ownGroup, isRoot: isRoot) {
            let directory = hierarchy.mount + parent
            if access(directory, W_OK) == 0 { return .legacy(tree: "\(directory)/\(name)") }
        }
        return .missing(
            reason: "this user may not make groups in the version 1 hierarchy at \(hierarchy.mount)",
            remedy: "run the agent as root, or boot with the unified hierarchy alone and delegate to the user"
        )
    }
}

/// Asks the unified hierarchy to give its controllers to the tree of the runs.
struct ControllerDelegation {
    var parent: String
    var tree: String

    /// The controllers that groups in the tree have.
    func delegate() -> Set<Controller> {
        guard !names("\(parent)/cgroup.controllers").isDisjoint(with: Self.known) else { return [] }
        if isInhabited { undoThreaded() } else { enable(in: parent) }
        enable(in: tree)
        let given = names("\(tree)/cgroup.subtree_control")
        return Set(Controller.allCases.filter { given.contains($0.rawValue) })
    }

    /// Whether processes stand in the parent itself. Such a group gives no controller away but the threaded
    /// ones (cpu, pids), and once it gave those nothing can be started in any group below it. The root of the
    /// hierarchy alone is free of that rule; it has no type. Nor may they be moved out of the way: where its
    /// group gives controllers away, a service manager cannot start the agent again.
    private var isInhabited: Bool {
        access("\(parent)/cgroup.type", F_OK) == 0 && !GroupMembers.pids(of: parent, below: false).isEmpty
    }

    /// Takes back what makes the groups below useless.
    private func undoThreaded() {
        guard names("\(parent)/cgroup.type").contains("threaded") else { return }
        for name in names("\(parent)/cgroup.subtree_control") {
            ControlFile.write("\(parent)/cgroup.subtree_control", "-\(name)")
        }
    }

    func missing(_ controller: Controller) -> ControllerPlace {
        if names("\(parent)/cgroup.controllers").contains(controller.rawValue) {
            return .missing(
                reason: "the \(controller.rawValue) controller cannot be given to the groups in \(tree)",
                remedy: "let no process stand in \(parent) itself: plumb-runs.service beside plumb.service, "
                    + "or DelegateSubgroup=agent in the service")
        }
        return .missing(
            reason: "no \(controller.rawValue) controller is delegated to \(parent)",
            remedy: "let the agent run with Delegate=yes, or as root on a host whose kernel has it "
                + "(see /proc/cgroups)")
    }

    private static let known = Set(Controller.allCases.map(\.rawValue))

    private func names(_ path: String) -> Set<String> {
        guard let bytes = try? contents(of: path, bytesMax: 4096) else { return [] }
        return Set(
            String(decoding: bytes, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
                .map(String.init))
    }

    /// One by one: a controller that cannot be had must not keep the others away.
    private func enable(in group: String) {
        let offered = names("\(group)/cgroup.controllers").intersection(Self.known)
        for name in offered.subtracting(names("\(group)/cgroup.subtree_control")).sorted() {
            ControlFile.write("\(group)/cgroup.subtree_control", "+\(name)")
        }
    }
}
