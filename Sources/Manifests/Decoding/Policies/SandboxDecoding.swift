extension SchemaDecoder {
    mutating func sandbox(_ block: CheckedObject) -> Sandbox {
        var sandbox = Sandbox(level: block.choice("level") ?? .minimal)
        if block.has("required"), block.bool("required") == false { sandbox.required = false }
        sandbox.noNewPrivileges = block.bool("noNewPrivileges")
        sandbox.privateTmp = block.bool("privateTmp")
        sandbox.protectSystem = block.choice("protectSystem")
        sandbox.hideInstances = block.bool("hideInstances")
        sandbox.protectProc = block.choice("protectProc")
        sandbox.protectKernelTunables = block.bool("protectKernelTunables")
        sandbox.privateDevices = block.bool("privateDevices")
        sandbox.network = block.choice("network")
        sandbox.capabilities = strings(block, "capabilities").map { list in
            list.map { $0.hasPrefix("CAP_") ? String($0.dropFirst(4)) : $0 }
        }
        sandbox.landlock = block.bool("landlock")
        sandbox.systemCallFilter = block.object("systemCallFilter").map {
            Sandbox.SystemCallFilter(
                mode: $0.choice("mode"), allow: $0.strings("allow"), deny: $0.strings("deny"))
        }
        sandbox.privateUsers = block.bool("privateUsers")
        sandbox.privatePids = block.bool("privatePids")
        sandbox.privateIPC = block.bool("privateIPC")
        sandbox.readOnlyPaths = strings(block, "readOnlyPaths")
        sandbox.readWritePaths = strings(block, "readWritePaths")
        sandbox.inaccessiblePaths = strings(block, "inaccessiblePaths")
        SandboxRuleChecks(sandbox: sandbox, block: block).check(&self)
        return sandbox
    }

    /// nil where nothing is written: an empty list is a word of its own.
    private func strings(_ block: CheckedObject, _ key: String) -> [String]? {
        block.has(key) ? block.strings(key) : nil
    }
}
