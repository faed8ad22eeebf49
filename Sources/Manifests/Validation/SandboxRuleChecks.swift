/// Combinations of sandbox fields that contradict each other. What they mean together with endpoints and
/// probes is `SandboxReach`'s.
struct SandboxRuleChecks {
    let sandbox: Sandbox
    let block: CheckedObject

    private static let path = "spec.sandbox"

    func check(_ decoder: inout SchemaDecoder) {
        let rules = SandboxRules(sandbox)
        checkPrivileges(rules, &decoder)
        checkCalls(rules, &decoder)
        checkPaths(rules, &decoder)
        checkCovers(rules, &decoder)
        checkFilters(rules, &decoder)
        if rules.grantsCapabilities, rules.privateUsers {
            report(
                ["capabilities", "privateUsers", "level"],
                "capabilities in a user namespace of its own give no rights over this host",
                "remove capabilities, or set privateUsers: false", &decoder)
        }
    }

    private func checkPrivileges(_ rules: SandboxRules, _ decoder: inout SchemaDecoder) {
        guard !rules.noNewPrivileges else { return }
        let needing = [("landlock", rules.landlock), ("systemCallFilter", rules.systemCallFilter != .off)]
        guard let first = needing.first(where: \.1)?.0 else { return }
        report(
            ["noNewPrivileges", first, "level"],
            "'\(first)' needs noNewPrivileges: a program that gains rights could use them against it",
            "set noNewPrivileges: true, or switch \(first) off", &decoder)
    }

    private func checkCalls(_ rules: SandboxRules, _ decoder: inout SchemaDecoder) {
        guard let filter = sandbox.systemCallFilter else { return }
        if rules.systemCallFilter == .off, !filter.allow.isEmpty || !filter.deny.isEmpty {
            report(
                ["systemCallFilter.mode", "systemCallFilter"],
                "systemCallFilter lists calls, and the filter is off at level '\(sandbox.level.rawValue)'",
                "set systemCallFilter.mode: deny or allow", &decoder)
        }
        for (index, name) in filter.deny.enumerated() {
            if filter.allow.contains(name) {
                report(
                    ["systemCallFilter.deny[\(index)]"], "'\(name)' stands in allow and in deny",
                    "keep one of the two", &decoder)
            }
            if SystemCallTable.indispensable.contains(name) {
                report(
                    ["systemCallFilter.deny[\(index)]"],
                    "without '\(name)' no program could begin or end", "remove it", &decoder)
            }
        }
    }

    private func checkPaths(_ rules: SandboxRules, _ decoder: inout SchemaDecoder) {
        let lists = [
            ("readOnlyPaths", rules.readOnlyPaths), ("readWritePaths", rules.readWritePaths),
            ("inaccessiblePaths", rules.inaccessiblePaths),
        ]
        for (place, (name, paths)) in lists.enumerated() {
            for (index, path) in paths.enumerated() {
                for (other, others) in lists[..<place] where others.contains(path) {
                    report(
                        ["\(name)[\(index)]"], "'\(path)' stands in \(other) and in \(name)",
                        "keep one of the two", &decoder)
                }
            }
        }
    }

    /// A listed directory that another item puts something else in the place of.
    private func checkCovers(_ rules: SandboxRules, _ decoder: inout SchemaDecoder) {
        let devices = rules.privateDevices ? "privateDevices" : nil
        let proc = rules.protectProc != .default ? "protectProc" : rules.privatePids ? "privatePids" : nil
        let system = rules.protectSystem != .off ? "protectSystem" : nil
        let tunables = rules.protectKernelTunables ? "protectKernelTunables" : nil
        let covers: [String: String?] = [
            "/tmp": rules.privateTmp ? "privateTmp" : nil, "/var/tmp": rules.privateTmp ? "privateTmp" : nil,
            "/dev": devices, "/dev/shm": devices ?? (rules.privateIPC ? "privateIPC" : nil), "/proc": proc,
        ]
        let written = covers.merging(["/": system, "/sys": tunables, "/proc": proc ?? tunables]) { $1 }
        for (name, paths, covers) in [
            ("readOnlyPaths", rules.readOnlyPaths, covers), ("readWritePaths", rules.readWritePaths, written),
        ] {
            for (index, path) in paths.enumerated() {
                guard case let item?? = covers[path] else { continue }
                report(
                    ["\(name)[\(index)]"], "'\(path)' of the host would undo \(item)",
                    "name what is needed of it, or switch \(item) off", &decoder)
            }
        }
    }

    private func checkFilters(_ rules: SandboxRules, _ decoder: inout SchemaDecoder) {
        guard rules.network == .local else { return }
        for (index, name) in (sandbox.capabilities ?? []).enumerated()
        where Capabilities.aroundFilters.contains(name) {
            report(
                ["capabilities[\(index)]"],
                "with '\(name)' a process gets around the filters that network: local is made of",
                "remove it, or set network: full", &decoder)
        }
    }

    /// Blames the first of `keys` that is written.
    private func report(
        _ keys: [String], _ message: String, _ help: String, _ decoder: inout SchemaDecoder
    ) {
        let written = keys.first { decoder.positions["\(Self.path).\($0)"] != nil }
        let place = decoder.mark(of: written.map { "\(Self.path).\($0)" } ?? Self.path)
        decoder.report(.sandboxConflict, place, message, help: help)
    }
}

/// Whether those who are to reach a process can, and nobody else: endpoints, and the probes that ask over
/// the network.
enum SandboxReach {
    struct Problem {
        var message: String
        var help: String
    }

    /// What is wrong; nil where nothing is. Probes over the network name endpoints. A held port is open
    /// outside of the sandbox, and is handed in.
    static func problem(_ sandbox: Sandbox, endpoints: [Endpoint]) -> Problem? {
        let rules = SandboxRules(sandbox)
        guard rules.network != .full else { return nil }
        let reason =
            sandbox.network == nil ? "level '\(sandbox.level.rawValue)'" : "network: \(rules.network)"
        if rules.network == .none, let endpoint = endpoints.first(where: { !$0.listen }) {
            return Problem(
                message: "the sandbox has no network (\(reason)), so nobody could reach the endpoint "
                    + "'\(endpoint.name)'",
                help: "set sandbox.network: local or full, or let Plumb hold the port (listen: true)")
        }
        let held = endpoints.filter(\.listen)
        if let endpoint = held.first(where: { $0.protocolName == .udp }) {
            return Problem(
                message: "through the held port of '\(endpoint.name)' the process could send to every host "
                    + "(\(reason)): a socket of UDP answers whom it likes",
                help: "set sandbox.network: full, or remove listen: true from the endpoint")
        }
        if rules.network == .local,
            let endpoint = held.first(where: { $0.address.map { !isLoopback($0) } ?? false })
        {
            return Problem(
                message: "the held port of '\(endpoint.name)' is open on \(endpoint.address ?? ""), and with "
                    + "network: local it would be reached over a loopback address alone",
                help:
                    "set the endpoint's address: 127.0.0.1 or ::1, leave it out, or set sandbox.network: full"
            )
        }
        if rules.network == .none, !rules.noNewPrivileges, let endpoint = held.first {
            return Problem(
                message: "to keep the held port of '\(endpoint.name)' from being connected elsewhere "
                    + "(\(reason)) takes noNewPrivileges",
                help: "set sandbox.noNewPrivileges: true, or network: full")
        }
        return nil
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1"
    }
}
