import Glibc
import KeeperProtocol

extension LaunchStep {
    /// The item of a sandbox that a step belongs to, in the words of a declaration; "" for any other step.
    var sandboxItem: String {
        switch self {
        case .mountNamespace: "a mount namespace"
        case .userNamespace: "a user namespace"
        case .pidNamespace: "a pid namespace"
        case .networkNamespace: "network: none"
        case .ipcNamespace: "privateIPC"
        case .privateTmp: "privateTmp"
        case .protectSystem: "protectSystem"
        case .hideInstances: "hideInstances"
        case .protectProc: "protectProc"
        case .protectKernelTunables: "protectKernelTunables"
        case .privateDevices: "privateDevices"
        case .paths: "readOnlyPaths, readWritePaths or inaccessiblePaths"
        case .capabilities: "capabilities"
        case .landlock: "landlock"
        case .systemCallFilter: "systemCallFilter"
        case .networkFilter: "network: local"
        case .joinNamespaces: "the namespaces of its run"
        default: ""
        }
    }

    /// Why a host refuses it.
    func reason(_ number: Int32) -> String {
        switch self {
        case .mountNamespace, .userNamespace, .pidNamespace, .networkNamespace, .ipcNamespace:
            // ENOSPC and EUSERS are how the kernel says that a limit of namespaces is reached, 0 perhaps.
            number == ENOSPC || number == EUSERS
                ? "no more namespaces are allowed, see user.max_*_namespaces" : SystemError.text(number)
        default: SystemError.text(number)
        }
    }

    /// What is given up where a host refuses the step; nil for steps that are none of a sandbox's.
    func refusal(isRoot: Bool) -> SandboxRefusal? {
        switch self {
        case .mountNamespace: .mounts
        case .userNamespace: .users(forAll: !isRoot)
        // An ordinary user's child is born into both namespaces at once.
        case .pidNamespace: isRoot ? .pids(forProc: false) : .users(forAll: true)
        case .networkNamespace, .networkFilter: .network
        case .ipcNamespace: .ipc
        case .privateTmp: .privateTmp
        case .protectSystem: .protectSystem
        case .hideInstances: .hideInstances
        case .protectProc: .protectProc
        case .protectKernelTunables: .protectKernelTunables
        case .privateDevices: .privateDevices
        case .paths: .paths
        case .capabilities: .capabilities
        case .landlock: .landlock
        case .systemCallFilter: .systemCallFilter
        default: nil
        }
    }
}
