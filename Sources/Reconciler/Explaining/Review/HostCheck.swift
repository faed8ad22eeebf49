package import Manifests

/// One snapshot against an inventory of hosts, with nothing that it is compared to.
package struct HostCheck: Sendable {
    package var warnings: [ReviewWarning]
    /// What no entry of the inventory could answer; sorted.
    package var unchecked: [HostFact]

    package init(_ snapshot: Snapshot, on hosts: [ReviewHost]) {
        var merged: [ReviewWarning: [String]] = [:]
        var order: [ReviewWarning] = []
        let side = ReviewSide(snapshot)
        for host in hosts {
            let desired = side.desired(on: host, assigned: side.assigned(to: host), beside: [])
            let nothing = Desired(revision: desired.revision, node: host.node, instances: [:])
            for warning in ReviewWarning.all(host, nil, from: nothing, to: desired, snapshot) {
                if merged[warning] == nil { order.append(warning) }
                merged[warning, default: []].append(host.node.name)
            }
        }
        warnings =
            ReviewWarning.homeless(in: snapshot, hosts)
            + order.map { warning in
                var warning = warning
                warning.message = "on \(Self.list(merged[warning] ?? [])): \(warning.message)"
                return warning
            }
        unchecked = HostFact.all(in: snapshot).filter { fact in
            hosts.contains { $0.has(fact) == nil }
        }
    }

    private static let namesMax = 8

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(namesMax).joined(separator: ", ")
        return names.count > namesMax ? "\(shown) and \(names.count - namesMax) more" : shown
    }
}
