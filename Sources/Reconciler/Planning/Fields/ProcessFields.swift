import Manifests

extension SpecFields {
    /// The fields that make a process what it is.
    mutating func addProcess(_ process: ProcessSpec, instance: InstanceDeclaration, unit: UnitDeclaration) {
        addInstance("spec.unit", unit.id.description, .restart)
        if unit.profile != .keepalive { addUnit("spec.profile", unit.profile.rawValue, .restart) }
        addEntry(unit.entry)
        addPackage(process.package)
        for (name, value) in unit.env { addUnit("spec.env.\(name)", value, .restart) }
        for endpoint in process.endpoints {
            let port = "\(endpoint.basePort)" + (endpoint.indexed ? "+index" : "")
            let held = endpoint.listen == true ? " listen\(endpoint.address.map { " \($0)" } ?? "")" : ""
            addUnit("spec.endpoints.\(endpoint.name)", "\(endpoint.protocolName) \(port)\(held)", .restart)
        }
        for (name, file) in process.secrets { addInstance("spec.secrets.\(name)", "file \(file)", .restart) }
        if let signal = process.reloadSignal { addUnit("spec.reload.signal", signal.name, .live) }
    }

    /// Those that a Schedule adds.
    mutating func addArguments(_ arguments: [String]) {
        guard !arguments.isEmpty else { return }
        addInstance("spec.args", arguments.map(\.quoted).joined(separator: " "), .restart)
    }

    private mutating func addEntry(_ entry: Entry) {
        addUnit("spec.entry.command", entry.command, .restart)
        if !entry.args.isEmpty {
            addUnit("spec.entry.args", entry.args.map(\.quoted).joined(separator: " "), .restart)
        }
        if let directory = entry.workingDir { addUnit("spec.entry.workingDir", directory, .restart) }
        if let user = entry.user { addUnit("spec.entry.user", user, .restart) }
        if let group = entry.group { addUnit("spec.entry.group", group, .restart) }
        if entry.notify { addUnit("spec.entry.notify", "true", .restart) }
        if entry.fileDescriptorStoreMax > 0 {
            addUnit("spec.entry.fileDescriptorStoreMax", "\(entry.fileDescriptorStoreMax)", .restart)
        }
        if entry.umask != 0o022 {
            addUnit("spec.entry.umask", "0" + String(entry.umask, radix: 8), .restart)
        }
        if entry.stdin != .none { addUnit("spec.entry.stdin", entry.stdin.rawValue, .restart) }
    }

    /// The merged configuration. It is read again without a restart where it is a file and the Unit can
    /// reload.
    mutating func addConfig(_ config: EffectiveConfig, unit: UnitDeclaration) {
        let apply = unit.configApply
        let effect: SpecField.Effect = apply.method == .file && unit.reloadSignal != nil ? .reload : .restart
        for entry in config.entries {
            add("spec.config.\(entry.name)", ConfigText.json(entry.value), effect, entry.origin)
        }
        let usual = ConfigApply()
        if apply.method != usual.method {
            addUnit("spec.config.apply.method", apply.method.rawValue, .restart)
        }
        if apply.prefix != usual.prefix { addUnit("spec.config.apply.prefix", apply.prefix, .restart) }
        if apply.fileName != usual.fileName { addUnit("spec.config.apply.file", apply.fileName, .restart) }
        if apply.format != usual.format {
            addUnit("spec.config.apply.format", apply.format.rawValue, .restart)
        }
    }
}

extension String {
    /// Quoted where a bare word would be ambiguous, so that two argument lists never read the same.
    var quoted: String {
        let plain = !isEmpty && allSatisfy { $0.isLetter || $0.isNumber || "-_./:=+,@%".contains($0) }
        if plain { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
