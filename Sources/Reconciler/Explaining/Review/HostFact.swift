package import Manifests

/// Something that only a host can answer, and who needs the answer.
package struct HostFact: Sendable, Hashable, Comparable {
    package enum Kind: String, Sendable, Hashable, Comparable, CaseIterable {
        case artifact, command, group, label, node, secret, timezone, user

        package static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    }
    package var kind: Kind
    package var name: String
    /// `web`, `web@1.4.2`; sorted.
    package var usedBy: [String]

    package static func < (a: HostFact, b: HostFact) -> Bool { (a.kind, a.name) < (b.kind, b.name) }

    /// Every fact that a snapshot takes for granted, sorted.
    package static func all(in snapshot: Snapshot) -> [HostFact] {
        var collection = HostFactCollection()
        for unit in snapshot.units.values { collection.add(unit) }
        for instance in snapshot.instances.values {
            collection.add(instance, snapshot.unit(of: instance), in: snapshot)
        }
        for schedule in snapshot.schedules.values { collection.add(schedule, in: snapshot) }
        return collection.sorted()
    }

    /// Those of some Instances and Schedules, and of the Units that they use.
    package static func all(
        of names: some Collection<String>, schedules: some Collection<String> = [], in snapshot: Snapshot
    ) -> [HostFact] {
        var collection = HostFactCollection()
        for name in names {
            guard let instance = snapshot.instances[name] else { continue }
            let unit = snapshot.unit(of: instance)
            if let unit { collection.add(unit) }
            collection.add(instance, unit, in: snapshot)
        }
        for name in schedules {
            guard let schedule = snapshot.schedules[name] else { continue }
            if let unit = snapshot.unit(of: schedule) { collection.add(unit) }
            collection.add(schedule, in: snapshot)
        }
        return collection.sorted()
    }
}

private struct HostFactCollection {
    private struct Key: Hashable {
        var kind: HostFact.Kind
        var name: String
    }
    private var users: [Key: Set<String>] = [:]

    mutating func add(_ unit: UnitDeclaration) {
        if let user = unit.entry.user { need(.user, user, "\(unit.id)") }
        if let group = unit.entry.group { need(.group, group, "\(unit.id)") }
        switch unit.artifact?.origin {
        case .web(let url)?: need(.artifact, url, "\(unit.id)")
        case .host(let path)?: need(.artifact, "file://\(path)", "\(unit.id)")
        case .repository?, nil: break
        }
        if unit.artifact == nil || unit.entry.command.hasPrefix("/") {
            need(.command, unit.entry.command, "\(unit.id)")
        }
    }

    mutating func add(_ schedule: ScheduleDeclaration, in snapshot: Snapshot) {
        let name = "Schedule \(schedule.metadata.name)"
        if schedule.timezone != "UTC" { need(.timezone, schedule.timezone, name) }
        if let runner = schedule.runner {
            add(runner, as: name, snapshot.unit(of: schedule), in: snapshot)
        } else {
            add(schedule.nodes, name)
        }
    }

    private mutating func add(_ nodes: NodeSelection, _ name: String) {
        for node in nodes.names { need(.node, node, name) }
        for (label, value) in nodes.selector { need(.label, "\(label)=\(value)", name) }
    }

    mutating func add(
        _ instance: InstanceDeclaration, as name: String? = nil, _ unit: UnitDeclaration?,
        in snapshot: Snapshot
    ) {
        let name = name ?? instance.metadata.name
        add(instance.nodes, name)
        for file in instance.secrets.values { need(.secret, file, name) }
        guard let unit else { return }
        let config = Configuration.effective(of: instance, unit: unit, configFiles: snapshot.configFiles)
        for file in Configuration.render(config, for: unit).secrets.values { need(.secret, file, name) }
    }

    private mutating func need(_ kind: HostFact.Kind, _ name: String, _ user: String) {
        users[Key(kind: kind, name: name), default: []].insert(user)
    }

    func sorted() -> [HostFact] {
        users.map { HostFact(kind: $0.kind, name: $0.name, usedBy: $1.sorted()) }.sorted()
    }
}
