import Manifests

/// Something that only a host can answer, and who needs the answer.
struct HostFact: Sendable, Hashable, Comparable {
    enum Kind: String, Sendable, Hashable, Comparable, CaseIterable {
        case command, group, label, node, secret, user

        static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    }
    var kind: Kind
    var name: String
    /// `web`, `web@1.4.2`; sorted.
    var usedBy: [String]

    static func < (a: HostFact, b: HostFact) -> Bool { (a.kind, a.name) < (b.kind, b.name) }

    /// Every fact that a snapshot takes for granted, sorted.
    static func all(in snapshot: Snapshot) -> [HostFact] {
        var users: [Key: Set<String>] = [:]
        func need(_ kind: Kind, _ name: String, _ user: String) {
            users[Key(kind: kind, name: name), default: []].insert(user)
        }
        for unit in snapshot.units.values {
            if let user = unit.entry.user { need(.user, user, "\(unit.id)") }
            if let group = unit.entry.group { need(.group, group, "\(unit.id)") }
            if unit.artifact == nil || unit.entry.command.hasPrefix("/") {
                need(.command, unit.entry.command, "\(unit.id)")
            }
        }
        for instance in snapshot.instances.values {
            let name = instance.metadata.name
            for node in instance.nodes.names { need(.node, node, name) }
            for (label, value) in instance.nodes.selector { need(.label, "\(label)=\(value)", name) }
            for file in instance.secrets.values { need(.secret, file, name) }
            guard let unit = snapshot.unit(of: instance) else { continue }
            let config = Configuration.effective(of: instance, unit: unit, configFiles: snapshot.configFiles)
            for file in Configuration.render(config, for: unit).secrets.values { need(.secret, file, name) }
        }
        return users.map { HostFact(kind: $0.kind, name: $0.name, usedBy: $1.sorted()) }.sorted()
    }

    private struct Key: Hashable {
        var kind: Kind
        var name: String
    }
}
