/// The rules within one Unit that no table can say.
struct UnitRules {
    let unit: UnitDeclaration
    let spec: CheckedObject

    func check(_ decoder: inout SchemaDecoder) {
        checkCommand(&decoder)
        checkProfile(&decoder)
        checkReload(&decoder)
        checkVariables(&decoder)
        checkSecretFields(unit.configFields, top: true, path: "spec.config.fields", &decoder)
        if !spec.isInvalid("endpoints"), let health = unit.defaults.health {
            ProbeRules.check(health, of: unit) { code, key, message, help in
                decoder.report(code, decoder.mark(of: "spec.health.\(key)"), message, help: help)
            }
            ListenRules.check(health, endpoints: unit.endpoints) { key, message in
                decoder.report(.heldPortProbe, decoder.mark(of: "spec.health.\(key)"), message)
            }
        }
        if let stop = unit.defaults.stop, spec.object("entry")?.isInvalid("stdin") != true {
            StopRules.check(stop, unit) { code, path, message, help in
                decoder.report(code, decoder.mark(of: path), message, help: help)
            }
        }
        ListenRules.check(unit, &decoder)
        if unit.entry.fileDescriptorStoreMax > 0, !unit.entry.notify {
            decoder.report(
                .storeNeedsNotify, decoder.mark(of: "spec.entry.fileDescriptorStoreMax"),
                "the program may store descriptors, and is given no notify socket to send them over")
        }
        checkPorts(&decoder)
        if let sandbox = unit.defaults.sandbox, !spec.isInvalid("endpoints"),
            let problem = SandboxReach.problem(sandbox, endpoints: unit.endpoints)
        {
            decoder.report(
                .sandboxConflict, decoder.mark(of: "spec.sandbox"), problem.message, help: problem.help)
        }
    }

    private func checkCommand(_ decoder: inout SchemaDecoder) {
        let command = unit.entry.command
        guard !spec.has("artifact"), command.contains("/"), !command.hasPrefix("/") else { return }
        decoder.report(
            .invalidPath, decoder.mark(of: "spec.entry.command"),
            "'\(command)' is relative, and the Unit has no artifact that it could be relative to",
            help: "name an artifact, write an absolute path, or the name of a program in PATH")
    }

    private func checkProfile(_ decoder: inout SchemaDecoder) {
        guard unit.profile == .oneshot else { return }
        if unit.defaults.restart?.policy == .always {
            decoder.report(
                .oneshotPolicy, decoder.mark(of: "spec.restart.policy"),
                "restart.policy 'always' on a oneshot would run it again and again")
        }
        if unit.defaults.health?.readiness != nil {
            decoder.report(
                .oneshotPolicy, decoder.mark(of: "spec.health.readiness"),
                "a oneshot is ready when it has ended, so a readiness probe cannot help it")
        }
    }

    private func checkReload(_ decoder: inout SchemaDecoder) {
        guard unit.reloadSignal != nil, unit.configApply.method != .file else { return }
        decoder.report(
            .reloadNeedsFile, decoder.mark(of: "spec.reload"),
            "reload asks the program to read its config file again, and there is none")
    }

    /// Every variable of a run has one source only.
    private func checkVariables(_ decoder: inout SchemaDecoder) {
        for name in unit.env.keys where ReservedVariables.contains(name) {
            decoder.report(
                .reservedVariable, decoder.mark(of: "spec.env.\(name)"),
                "the variable '\(name)' is set by Plumb itself")
        }
        guard unit.configApply.method == .env else { return }
        var fields: [String: String] = [:]
        for (index, field) in unit.configFields.enumerated() {
            let name = ConfigNames.variable(field.name, prefix: unit.configApply.prefix)
            let place = decoder.mark(of: "spec.config.fields[\(index)].name")
            if ReservedVariables.contains(name) {
                decoder.report(
                    .reservedVariable, place,
                    "config field '\(field.name)' becomes '\(name)', which is set by Plumb itself")
            }
            if unit.env[name] != nil {
                let first = decoder.place(decoder.mark(of: "spec.env.\(name)"))
                decoder.problems.append(
                    Diagnostic(
                        .variableClash, at: decoder.place(place),
                        "config field '\(field.name)' becomes '\(name)', which env sets too",
                        notes: [.init(location: first, message: "env sets it here")]))
            }
            if let other = fields.updateValue(field.name, forKey: name) {
                decoder.report(
                    .variableClash, place,
                    "config fields '\(other)' and '\(field.name)' both become the variable '\(name)'")
            }
        }
    }

    /// A secret's value may stand in an environment only: neither in a file of ours nor in a command line.
    private func checkSecretFields(
        _ fields: [ConfigField], top: Bool, path: String, _ decoder: inout SchemaDecoder
    ) {
        for (index, field) in fields.enumerated() {
            let place = decoder.mark(of: "\(path)[\(index)].secret")
            if field.secret {
                if !top {
                    decoder.report(
                        .secretPlacement, place, "the nested field '\(field.name)' cannot be a secret")
                } else if unit.configApply.method != .env {
                    decoder.report(
                        .secretPlacement, place,
                        "'\(field.name)' is a secret, and config.apply.method"
                            + " '\(unit.configApply.method.rawValue)' would write it down")
                }
            }
            checkSecretFields(field.fields, top: false, path: "\(path)[\(index)].fields", &decoder)
            for item in field.items where item.secret {
                decoder.report(
                    .secretPlacement, decoder.mark(of: "\(path)[\(index)].items"),
                    "the items of '\(field.name)' cannot be secrets")
            }
        }
    }

    private func checkPorts(_ decoder: inout SchemaDecoder) {
        for (index, endpoint) in unit.endpoints.enumerated() {
            guard
                let first = unit.endpoints[..<index].firstIndex(where: {
                    $0.port == endpoint.port && $0.protocolName.sharesPorts(with: endpoint.protocolName)
                })
            else { continue }
            let note = decoder.place(decoder.mark(of: "spec.endpoints[\(first)].port"))
            decoder.problems.append(
                Diagnostic(
                    .portConflict, at: decoder.place(decoder.mark(of: "spec.endpoints[\(index)].port")),
                    "the endpoints '\(unit.endpoints[first].name)' and '\(endpoint.name)' have the same port",
                    notes: [.init(location: note, message: "the first stands here")]))
        }
    }
}

extension EndpointProtocol {
    /// UDP has ports of its own.
    func sharesPorts(with other: EndpointProtocol) -> Bool { (self == .udp) == (other == .udp) }
}
