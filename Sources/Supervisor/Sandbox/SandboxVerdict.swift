import Manifests

/// What this host gives of a declared sandbox.
struct SandboxVerdict: Sendable, Hashable {
    struct Missing: Sendable, Hashable {
        /// In the words of a declaration.
        var item: String
        var reason: String
    }

    /// What is put into force.
    var rules: SandboxRules
    var missing: [Missing] = []

    var missingText: String {
        missing.map { "\($0.item) (\($0.reason))" }.joined(separator: "; ")
    }
}

extension SandboxRules {
    /// The rules without what a host has refused at this step; nil where no rule asked for it.
    func without(_ item: SandboxRefusal) -> SandboxRules? {
        var rules = self
        switch item {
        case .mounts:
            rules.privateTmp = false
            rules.protectSystem = .off
            rules.hideInstances = false
            rules.protectProc = .default
            rules.protectKernelTunables = false
            rules.privateDevices = false
            rules.privatePids = false
            rules.privateIPC = false
            rules.readOnlyPaths = []
            rules.readWritePaths = []
            rules.inaccessiblePaths = []
        case .users(let forAll):
            rules.privateUsers = false
            if forAll {
                rules = rules.without(.mounts) ?? rules
                if rules.network == .none { rules.network = .full }
            }
        case .pids(let forProc):
            rules.privatePids = false
            if forProc { rules.protectProc = .default }
        case .network: rules.network = .full
        case .ipc: rules.privateIPC = false
        case .privateTmp: rules.privateTmp = false
        case .protectSystem: rules.protectSystem = .off
        case .hideInstances: rules.hideInstances = false
        case .protectProc: rules.protectProc = .default
        case .protectKernelTunables: rules.protectKernelTunables = false
        case .privateDevices: rules.privateDevices = false
        case .paths:
            rules.readOnlyPaths = []
            rules.readWritePaths = []
            rules.inaccessiblePaths = []
        case .capabilities:
            rules.capabilities = nil
            rules.grantsCapabilities = false
        case .landlock: rules.landlock = false
        case .systemCallFilter: rules.systemCallFilter = .off
        }
        return rules == self ? nil : rules
    }

    /// The names of the items that differ.
    func itemsLost(to other: SandboxRules) -> [String] {
        zip(
            items,
            items.map { item in
                other.items.first { $0.name == item.name } ?? (name: item.name, value: "")
            }
        )
        .filter { $0.0.value != $0.1.value }.map { "\($0.0.name): \($0.0.value)" }
    }
}

/// What a host can refuse, by what goes with it.
enum SandboxRefusal {
    case mounts
    /// `forAll`: nothing that takes rights over mounts or networks can be had without it.
    case users(forAll: Bool)
    /// `forProc`: hiding processes depends on it.
    case pids(forProc: Bool)
    case network
    case ipc
    case privateTmp
    case protectSystem
    case hideInstances
    case protectProc
    case protectKernelTunables
    case privateDevices
    case paths
    case capabilities
    case landlock
    case systemCallFilter
}
