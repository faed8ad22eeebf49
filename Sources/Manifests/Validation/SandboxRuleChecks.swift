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

    /// Blames the first of `keys` that is written.
    private func report(
        _ keys: [String], _ message: String, _ help: String, _ decoder: inout SchemaDecoder
    ) {
        let written = keys.first { decoder.positions["\(Self.path).\($0)"] != nil }
        let place = decoder.mark(of: written.map { "\(Self.path).\($0)" } ?? Self.path)
        decoder.report(.sandboxConflict, place, message, help: help)
    }
}

/// Whether those who are to reach a process can: endpoints, and the probes that ask over the network.
enum SandboxReach {
    static let remedy = "set sandbox.network: local or full, or let Plumb hold the port (listen: true)"

    /// What is wrong; nil where all can be reached. Probes over the network name endpoints. A held port is
    /// open outside of the sandbox, and is handed in.
    static func problem(_ sandbox: Sandbox, endpoints: [Endpoint]) -> String? {
        guard SandboxRules(sandbox).network == .none, let endpoint = endpoints.first(where: { !$0.listen })
        else { return nil }
        let reason = sandbox.network == nil ? "level '\(sandbox.level.rawValue)'" : "network: none"
        return "the sandbox has no network (\(reason)), so nobody could reach the endpoint '\(endpoint.name)'"
    }
}
