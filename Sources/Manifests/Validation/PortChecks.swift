extension Assembler {
    /// How many Instances on one port are compared with a further one.
    private static let holdersMax = 8

    private struct PortKey: Hashable {
        var port: UInt32
        var isUDP: Bool
    }

    private struct Holder {
        var instance: String
        var endpoint: String
    }

    /// Fixed ports with several replicas, and ports that two Instances may want on one node.
    mutating func checkPorts() {
        var holders: [PortKey: [Holder]] = [:]
        for (record, pick) in zip(instances, picks) {
            // Most Units have no endpoints; they should cost nothing.
            guard let unit = pick?.declaration, !unit.endpoints.isEmpty else { continue }
            let instance = record.declaration
            for (index, endpoint) in unit.endpoints.enumerated() {
                checkReplicas(instance, unit, endpoint, index)
                guard instance.desired == .running, instance.replicas > 0 else { continue }
                claim(endpoint, of: instance, &holders)
            }
        }
    }

    private mutating func checkReplicas(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ endpoint: Endpoint, _ index: Int
    ) {
        let place = instance.source.location(of: "spec.replicas")
        let note = unitNote(unit, "spec.endpoints[\(index)].port", "the Unit's endpoint '\(endpoint.name)'")
        switch endpoint.port {
        case .fixed(let port) where instance.replicas > 1 && !endpoint.listen:
            collector.add(
                Diagnostic(
                    .fixedPortReplicas, at: place,
                    "\(instance.replicas) replicas cannot share port \(port) of endpoint '\(endpoint.name)'",
                    help:
                        "write port: \(port)+index in the Unit, listen: true if the program takes its socket"
                        + " from Plumb, or replicas: 1",
                    notes: [note]))
        case .indexed(let port) where Int(port) + instance.indices(of: endpoint) - 1 > Int(UInt16.max):
            collector.add(
                Diagnostic(
                    .invalidPort, at: place,
                    "port \(port)+index of endpoint '\(endpoint.name)' goes beyond 65535"
                        + " with \(instance.replicas) replicas" + instance.indicesNote(of: endpoint),
                    help: "choose a lower first port, or fewer replicas", notes: [note]))
        case .fixed, .indexed: break
        }
    }

    private mutating func claim(
        _ endpoint: Endpoint, of instance: InstanceDeclaration, _ holders: inout [PortKey: [Holder]]
    ) {
        let ports: ClosedRange<UInt32>
        switch endpoint.port {
        case .fixed(let port): ports = UInt32(port)...UInt32(port)
        case .indexed(let port):
            ports = UInt32(port)...(UInt32(port) + UInt32(Swift.max(1, instance.indices(of: endpoint))) - 1)
        }
        var reported: Set<String> = []
        for port in ports {
            let key = PortKey(port: port, isUDP: endpoint.protocolName == .udp)
            for holder in holders[key] ?? [] where reported.insert(holder.instance).inserted {
                report(holder, instance, endpoint, port)
            }
            if holders[key, default: []].count < Self.holdersMax {
                holders[key, default: []].append(
                    Holder(instance: instance.metadata.name, endpoint: endpoint.name))
            }
        }
    }

    private mutating func report(
        _ holder: Holder, _ instance: InstanceDeclaration, _ endpoint: Endpoint, _ port: UInt32
    ) {
        guard let index = indexByName[holder.instance] else { return }
        let other = instances[index].declaration
        guard other.nodes.mayOverlap(instance.nodes) else { return }
        let name = instance.metadata.name
        // Within one Unit two fixed ports were reported with the Unit already.
        if holder.instance == name, case .fixed = endpoint.port { return }
        collector.add(
            Diagnostic(
                .portConflict, at: instance.source.location(of: "spec.unit"),
                "'\(name)' (endpoint '\(endpoint.name)') and '\(holder.instance)'"
                    + " (endpoint '\(holder.endpoint)') may both want port \(port) of one node",
                notes: [
                    .init(
                        location: other.source.location(of: "spec.unit"),
                        message: "'\(holder.instance)' stands here")
                ]))
    }
}

extension InstanceDeclaration {
    /// How many indices its runs may have at such a port: beside a replica's run the next one gets its own,
    /// while a held port is for both.
    fileprivate func indices(of endpoint: Endpoint) -> Int {
        endpoint.listen || replicas == 0 ? replicas : update.runsMax(replicas)
    }

    fileprivate func indicesNote(of endpoint: Endpoint) -> String {
        let count = indices(of: endpoint)
        return count == replicas ? "" : ", of which up to \(count) runs live at once during a rollout"
    }
}

extension NodeSelection {
    /// False only where no node can fit both.
    func mayOverlap(_ other: NodeSelection) -> Bool {
        if !names.isEmpty, !other.names.isEmpty, Set(names).isDisjoint(with: other.names) { return false }
        return selector.allSatisfy { key, value in (other.selector[key] ?? value) == value }
    }
}
