import Manifests

/// A listening socket that Plumb holds for an Instance: the replicas that have its port in common share it,
/// and it stays open while they are restarted.
package struct HeldSocket: Sendable, Hashable, Codable, Comparable {
    package var instance: String
    package var isDatagram: Bool
    /// A numeric address; "": every address of the host.
    package var address: String
    package var port: UInt16

    package init(instance: String, isDatagram: Bool, address: String, port: UInt16) {
        self.instance = instance
        self.isDatagram = isDatagram
        self.address = address
        self.port = port
    }

    /// `tcp 8080`, `udp 127.0.0.1:53`.
    package var text: String {
        let host = address.contains(":") ? "[\(address)]:" : address.isEmpty ? "" : "\(address):"
        return "\(isDatagram ? "udp" : "tcp") \(host)\(port)"
    }

    /// Reads back what `text` says of an Instance's socket.
    package init?(instance: String, text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0] == "tcp" || words[0] == "udp" else { return nil }
        var host = ""
        var port = words[1]
        if let cut = words[1].lastIndex(of: ":") {
            host = words[1][..<cut].filter { $0 != "[" && $0 != "]" }
            port = words[1][words[1].index(after: cut)...]
        }
        guard let port = UInt16(port) else { return nil }
        self.init(instance: instance, isDatagram: words[0] == "udp", address: host, port: port)
    }

    package static func < (a: HeldSocket, b: HeldSocket) -> Bool {
        (a.instance, a.port, a.text) < (b.instance, b.port, b.text)
    }
}

/// What is held for the Instances beside their runs. All else is to be closed.
package struct HeldResources: Sendable, Hashable {
    package var sockets: Set<HeldSocket>
    /// Slots whose next run gets what the last one left: its listening sockets and stored descriptors.
    package var slots: Set<SlotID>

    package init(sockets: Set<HeldSocket> = [], slots: Set<SlotID> = []) {
        self.sockets = sockets
        self.slots = slots
    }

    fileprivate mutating func add(_ spec: InstanceSpec, _ slot: SlotID) {
        let held = spec.heldSockets(index: slot.replica.index)
        guard !held.isEmpty || spec.process.storesDescriptors else { return }
        slots.insert(slot)
        for entry in held { sockets.insert(entry.socket) }
    }
}

extension InstanceSpec {
    /// The sockets that a replica's run gets, in their order, with the names of their endpoints.
    package func heldSockets(index: Int) -> [(name: String, socket: HeldSocket)] {
        process.endpoints.compactMap { endpoint in
            guard endpoint.listen == true, let port = endpoint.port(index: index) else { return nil }
            let isDatagram = endpoint.protocolName == EndpointProtocol.udp.rawValue
            return (
                endpoint.name,
                HeldSocket(
                    instance: name, isDatagram: isDatagram, address: endpoint.address ?? "", port: port)
            )
        }
    }

    fileprivate var holdsAnything: Bool {
        process.storesDescriptors || process.endpoints.contains { $0.listen == true }
    }
}

extension ProcessSpec {
    /// How many descriptors its runs may leave for those that follow them.
    package var storeMax: Int { fileDescriptorStoreMax ?? 0 }
    package var storesDescriptors: Bool { storeMax > 0 }
}

extension World {
    /// What Instances that are meant to run need, and what still runs.
    package var heldResources: HeldResources {
        var held = HeldResources()
        for (name, remembered) in memory.instances where !observed.stopping {
            guard let applied = remembered.applied, applied.desired.target > 0,
                let desired = remembered.inForce?.desired, desired.spec.holdsAnything
            else { continue }
            for index in 0..<desired.target {
                held.add(desired.spec, remembered.slot(of: ReplicaID(instance: name, index: index)))
            }
        }
        for (slot, run) in observed.runs where run.spec.holdsAnything { held.add(run.spec, slot) }
        return held
    }
}
