/// What a declared sandbox comes to: every item with its value. The one table of the levels.
package struct SandboxRules: Sendable, Hashable {
    package var required = true
    package var noNewPrivileges = false
    package var privateTmp = false
    package var protectSystem = Sandbox.SystemProtection.off
    package var hideInstances = false
    package var protectProc = Sandbox.ProcProtection.default
    package var protectKernelTunables = false
    package var privateDevices = false
    package var network = Sandbox.Network.full
    /// nil: nothing is taken away.
    package var capabilities: [String]?
    /// Those in `capabilities` are given to a process of another user than root, too: only what was declared.
    package var grantsCapabilities = false
    package var landlock = false
    package var systemCallFilter = Sandbox.FilterMode.off
    package var allowedCalls: [String] = []
    package var deniedCalls: [String] = []
    package var privateUsers = false
    package var privatePids = false
    package var privateIPC = false
    package var readOnlyPaths: [String] = []
    package var readWritePaths: [String] = []
    package var inaccessiblePaths: [String] = []
    /// It is handed sockets of the host's network: no field, and no item.
    package var hasHeldPorts = false

    /// The bundle of a level: each holds what the one before it holds.
    package init(level: Sandbox.Level) {
        if level == .none { return }
        noNewPrivileges = true
        if level == .minimal { return }
        privateTmp = true
        protectSystem = .full
        hideInstances = true
        protectProc = .invisible
        protectKernelTunables = true
        capabilities = Capabilities.ofService
        if level == .standard { return }
        protectSystem = .strict
        privateDevices = true
        capabilities = []
        landlock = true
        systemCallFilter = .deny
        if level == .strict { return }
        network = .none
        systemCallFilter = .allow
        privateUsers = true
        privatePids = true
        privateIPC = true
    }

    /// The bundle of the level, with the declared fields in place of its own.
    package init(_ sandbox: Sandbox) {
        self.init(level: sandbox.level)
        required = sandbox.required ?? true
        noNewPrivileges = sandbox.noNewPrivileges ?? noNewPrivileges
        privateTmp = sandbox.privateTmp ?? privateTmp
        protectSystem = sandbox.protectSystem ?? protectSystem
        hideInstances = sandbox.hideInstances ?? hideInstances
        protectProc = sandbox.protectProc ?? protectProc
        protectKernelTunables = sandbox.protectKernelTunables ?? protectKernelTunables
        privateDevices = sandbox.privateDevices ?? privateDevices
        network = sandbox.network ?? network
        if let declared = sandbox.capabilities {
            capabilities = declared
            grantsCapabilities = !declared.isEmpty
        }
        if network == .local { capabilities = Capabilities.filterable(capabilities ?? Capabilities.names) }
        landlock = sandbox.landlock ?? landlock
        systemCallFilter = sandbox.systemCallFilter?.mode ?? systemCallFilter
        allowedCalls = sandbox.systemCallFilter?.allow ?? []
        deniedCalls = sandbox.systemCallFilter?.deny ?? []
        privateUsers = sandbox.privateUsers ?? privateUsers
        privatePids = sandbox.privatePids ?? privatePids
        privateIPC = sandbox.privateIPC ?? privateIPC
        readOnlyPaths = sandbox.readOnlyPaths ?? []
        readWritePaths = sandbox.readWritePaths ?? []
        inaccessiblePaths = sandbox.inaccessiblePaths ?? []
    }

    /// The sockets that it is handed must not be turned into connections to the host's network.
    package var guardsHeldPorts: Bool { network == .none && hasHeldPorts }

    /// Whether the run needs mounts of its own.
    package var changesMounts: Bool {
        privateTmp || protectSystem != .off || hideInstances || protectProc != .default
            || protectKernelTunables
            || privateDevices || privatePids || privateIPC || !readOnlyPaths.isEmpty
            || !readWritePaths.isEmpty
            || !inaccessiblePaths.isEmpty
    }

    /// Every item in the words of a declaration, in one order: for status, documentation and hashes.
    package var items: [(name: String, value: String)] {
        func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }
        let calls = [allowedCalls.map { "+" + $0 }, deniedCalls.map { "-" + $0 }].flatMap { $0 }
        var items = [
            ("noNewPrivileges", yes(noNewPrivileges)), ("privateTmp", yes(privateTmp)),
            ("protectSystem", protectSystem.rawValue), ("hideInstances", yes(hideInstances)),
            ("protectProc", protectProc.rawValue), ("protectKernelTunables", yes(protectKernelTunables)),
            ("privateDevices", yes(privateDevices)), ("capabilities", Self.text(capabilities)),
            ("landlock", yes(landlock)),
            ("systemCallFilter", ([systemCallFilter.rawValue] + calls).joined(separator: " ")),
            ("network", network.rawValue), ("privateUsers", yes(privateUsers)),
            ("privatePids", yes(privatePids)), ("privateIPC", yes(privateIPC)),
        ]
        for (name, paths) in [
            ("readOnlyPaths", readOnlyPaths), ("readWritePaths", readWritePaths),
            ("inaccessiblePaths", inaccessiblePaths),
        ] where !paths.isEmpty {
            items.append((name, paths.joined(separator: " ")))
        }
        return items.map { (name: $0.0, value: $0.1) }
    }

    private static let bundles = [
        (words: "of a service", names: Capabilities.ofService),
        (words: "of a service but NET_RAW", names: Capabilities.filterable(Capabilities.ofService)),
        (
            words: "all but \(Capabilities.aroundFilters.joined(separator: " "))",
            names: Capabilities.filterable(Capabilities.names)
        ),
    ]

    package static func text(_ capabilities: [String]?) -> String {
        guard let capabilities else { return "all" }
        if let bundle = bundles.first(where: { $0.names == capabilities }) { return bundle.words }
        return capabilities.isEmpty ? "none" : capabilities.joined(separator: " ")
    }
}
