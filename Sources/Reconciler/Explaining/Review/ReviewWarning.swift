package import Manifests

/// Something that a reviewer has to know before a change is merged.
package struct ReviewWarning: Sendable, Hashable {
    /// One word, for programs.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case fuse = "Fuse"
        case protected = "Protected"
        case portClash = "PortClash"
        case missingUser = "MissingUser"
        case missingGroup = "MissingGroup"
        case missingSecret = "MissingSecret"
        case noHost = "NoHost"
        case unknownZone = "UnknownZone"
    }
    package var kind: Kind
    /// One sentence in plain words.
    package var message: String
    /// What it is about, Instances by their names, and `Schedule x`; sorted.
    package var instances: [String]
    package var place: Location?
}

extension ReviewWarning {
    /// The default of a host's fuse: a commit that removes more of its replicas is held.
    static let removedMaxPercent = 50

    /// - Parameter summary: what changes; nil where one snapshot is looked at by itself.
    static func all(
        _ host: ReviewHost, _ summary: ChangeSummary?, from old: Desired, to new: Desired,
        _ snapshot: Snapshot
    ) -> [ReviewWarning] {
        (summary.map(gates) ?? []) + portClashes(from: old, to: new) + missingFacts(host, new, snapshot)
    }

    private static func gates(_ summary: ChangeSummary) -> [ReviewWarning] {
        let kept = summary.protected.map { name in
            ReviewWarning(
                kind: .protected,
                message: "\(name) is declared no longer, and prune: protect keeps it running",
                instances: [name],
                place: nil)
        }
        return fuse(summary.gated) + kept
    }

    /// What the host's own fuse would say, with its default.
    private static func fuse(_ plan: GatedPlan) -> [ReviewWarning] {
        let (removed, total) = (plan.replicas(.remove), plan.assigned)
        guard removed > 0, plan.remaining == 0 || removed * 100 > total * removedMaxPercent else { return [] }
        let what =
            plan.remaining == 0
            ? "removes \(removed) of \(total) replicas and leaves none on this host"
            : "removes \(removed) of \(total) replicas of this host"
        return [
            ReviewWarning(
                kind: .fuse,
                message: "\(what): the default fuse (\(removedMaxPercent) %) holds it until it is approved",
                instances: plan.actions.filter { $0.kind == .remove }.map(\.instance), place: nil)
        ]
    }

    private struct Port: Hashable {
        var number: UInt16
        var isUDP: Bool
    }

    /// Ports that two Instances of one host want. Those that they fought for before are no news.
    private static func portClashes(from old: Desired, to new: Desired) -> [ReviewWarning] {
        let known = clashes(in: old)
        return clashes(in: new).filter { known[$0.key] == nil }.sorted {
            ($0.value.first ?? "", $0.key.number) < ($1.value.first ?? "", $1.key.number)
        }.map { port, names in
            ReviewWarning(
                kind: .portClash,
                message: names.joined(separator: " and ")
                    + " both want \(port.isUDP ? "UDP " : "")port \(port.number) of this host",
                instances: names, place: names.last.flatMap { new.instances[$0]?.place })
        }
    }

    private static func clashes(in desired: Desired) -> [Port: [String]] {
        var holders: [Port: Set<String>] = [:]
        for instance in desired.instances.values where instance.target > 0 {
            for endpoint in instance.spec.process.endpoints {
                for index in 0..<(endpoint.indexed ? instance.target : 1) {
                    guard let number = endpoint.port(index: index) else { continue }
                    let port = Port(number: number, isUDP: endpoint.protocolName == "udp")
                    holders[port, default: []].insert(instance.name)
                }
            }
        }
        return holders.filter { $0.value.count > 1 }.mapValues { $0.sorted() }
    }

    /// What the inventory says that the host does not have: the new run would wait for it.
    private static func missingFacts(
        _ host: ReviewHost, _ new: Desired, _ snapshot: Snapshot
    ) -> [ReviewWarning] {
        guard host.users != nil || host.groups != nil || host.secrets != nil else { return [] }
        let running = new.instances.values.filter { $0.target > 0 }.map(\.name).sorted()
        let firing = (new.schedules ?? [:]).values.filter(\.assigned).map(\.name).sorted()
        var missing: [HostFact: [String]] = [:]
        func add(_ facts: [HostFact], _ name: String) {
            for fact in facts where host.has(fact) == false {
                missing[HostFact(kind: fact.kind, name: fact.name, usedBy: []), default: []].append(name)
            }
        }
        for name in running { add(HostFact.all(of: [name], in: snapshot), name) }
        for name in firing {
            add(HostFact.all(of: [], schedules: [name], in: snapshot), "Schedule \(name)")
        }
        return missing.sorted { $0.key < $1.key }.map { fact, names in
            let kind: Kind =
                switch fact.kind {
                case .group: .missingGroup
                case .secret: .missingSecret
                default: .missingUser
                }
            let place = names.first.flatMap { new.instances[$0]?.place }
            return ReviewWarning(
                kind: kind,
                message: "\(fact.kind.rawValue) '\(fact.name)' is not on this host; "
                    + "\(names.joined(separator: ", ")) would wait for it",
                instances: names, place: place)
        }
    }

    /// Instances that no host of the inventory would run.
    static func homeless(in snapshot: Snapshot, _ hosts: [ReviewHost]) -> [ReviewWarning] {
        let known = Set(hosts.map(\.node.name))
        var warnings: [ReviewWarning] = []
        let instances = snapshot.instances.map { ($0.key, $0.value.nodes, $0.value.source) }
        let schedules = snapshot.schedules.map { ("Schedule \($0.key)", $0.value.nodes, $0.value.source) }
        let all = instances.sorted { $0.0 < $1.0 } + schedules.sorted { $0.0 < $1.0 }
        for (name, nodes, source) in all {
            let place = source.location(of: "spec.nodes")
            let strangers = nodes.names.filter { !known.contains($0) }
            if !strangers.isEmpty {
                let list = strangers.prefix(strangersMax).joined(separator: ", ")
                let more = strangers.count > strangersMax ? " and \(strangers.count - strangersMax) more" : ""
                warnings.append(
                    ReviewWarning(
                        kind: .noHost, message: "\(name) names \(list)\(more), not in the node file",
                        instances: [name], place: place))
            } else if !hosts.contains(where: { $0.takes(nodes) }) {
                warnings.append(
                    ReviewWarning(
                        kind: .noHost, message: "\(name) runs on no host of the node file",
                        instances: [name], place: place))
            }
        }
        return warnings
    }

    private static let strangersMax = 5

    /// Time zones that somebody has looked for and not found.
    ///
    /// - Parameter complaint: what is wrong with a name; nil: there is such a zone.
    package static func unknownZones(
        in snapshot: Snapshot, _ complaint: (String) -> String?
    ) -> [ReviewWarning] {
        snapshot.schedules.sorted { $0.key < $1.key }.compactMap { name, schedule in
            complaint(schedule.timezone).map {
                ReviewWarning(
                    kind: .unknownZone, message: "Schedule \(name): \($0)", instances: ["Schedule \(name)"],
                    place: schedule.source.location(of: "spec.timezone"))
            }
        }
    }
}
