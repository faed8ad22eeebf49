import Manifests

extension SpecFields {
    /// The level, and the fields that are declared: what a level comes to is no part of a hash, or a version
    /// that knows one more item would restart everything.
    mutating func addSandbox(_ sandbox: Sandbox, overridden: Bool) {
        func add(_ key: String, _ value: String?) {
            guard let value else { return }
            addBlock("spec.sandbox.\(key)", value, .restart, overridden: overridden)
        }
        func add(_ key: String, _ flag: Bool?) { add(key, flag.map { "\($0)" }) }
        func add(_ key: String, _ list: [String]?) {
            add(key, list.map { "[\($0.joined(separator: ", "))]" })
        }
        if sandbox.level != .minimal { add("level", sandbox.level.rawValue) }
        add("required", sandbox.required)
        add("noNewPrivileges", sandbox.noNewPrivileges)
        add("privateTmp", sandbox.privateTmp)
        add("protectSystem", sandbox.protectSystem?.rawValue)
        add("hideInstances", sandbox.hideInstances)
        add("protectProc", sandbox.protectProc?.rawValue)
        add("protectKernelTunables", sandbox.protectKernelTunables)
        add("privateDevices", sandbox.privateDevices)
        add("network", sandbox.network?.rawValue)
        add("capabilities", sandbox.capabilities)
        add("landlock", sandbox.landlock)
        add("systemCallFilter.mode", sandbox.systemCallFilter?.mode?.rawValue)
        add("systemCallFilter.allow", sandbox.systemCallFilter?.allow.nonEmpty)
        add("systemCallFilter.deny", sandbox.systemCallFilter?.deny.nonEmpty)
        add("privateUsers", sandbox.privateUsers)
        add("privatePids", sandbox.privatePids)
        add("privateIPC", sandbox.privateIPC)
        add("readOnlyPaths", sandbox.readOnlyPaths?.nonEmpty)
        add("readWritePaths", sandbox.readWritePaths?.nonEmpty)
        add("inaccessiblePaths", sandbox.inaccessiblePaths?.nonEmpty)
    }
}

extension [String] {
    fileprivate var nonEmpty: [String]? { isEmpty ? nil : self }
}
