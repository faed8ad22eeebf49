@testable import Manifests

/// A snapshot without its places, for comparing what declarations mean.
enum Portrait {
    static func of(_ snapshot: Snapshot) -> [String] {
        var lines: [String] = []
        for unit in snapshot.units.values {
            var unit = unit
            unit.source = nowhere
            lines.append(text(unit))
        }
        for instance in snapshot.instances.values {
            var instance = instance
            instance.source = nowhere
            lines.append(
                text(instance)
                    + " picks \(snapshot.resolvedUnits[instance.metadata.name]?.description ?? "-")")
        }
        for schedule in snapshot.schedules.values {
            var schedule = schedule
            schedule.source = nowhere
            let unit = snapshot.unit(of: schedule)?.id.description ?? "-"
            lines.append(text(schedule) + " runs \(unit)")
        }
        for reserved in snapshot.plugins.values {
            lines.append("\(reserved.kind) \(text(reserved.metadata))")
        }
        for (path, file) in snapshot.configFiles { lines.append("\(path) \(text(file.values))") }
        return lines.sorted()
    }

    private static let nowhere = DeclarationSource(
        location: Location(file: "", line: 0, column: 0), blob: "", document: 0, fields: [:])

    /// Everything that is stored, with the entries of dictionaries in order.
    private static func text(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .dictionary:
            return "[" + mirror.children.map { text($0.value) }.sorted().joined(separator: ", ") + "]"
        case nil: return "\(value)"
        case .enum? where mirror.children.isEmpty: return "\(value)"
        default:
            return "(" + mirror.children.map { "\($0.label ?? "")=\(text($0.value))" }.joined(separator: ", ")
                + ")"
        }
    }
}
