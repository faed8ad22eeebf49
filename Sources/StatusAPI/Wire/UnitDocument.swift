import Manifests
import Reconciler

/// A Unit that Instances of this node use.
package struct UnitDocument: Codable, Sendable, Hashable {
    /// `web@1.4.2`.
    package var unit: String
    package var name: String
    package var version: String
    package var profile: String
    /// Sorted.
    package var instances: [String]
    package var desiredReplicas: Int
    package var readyReplicas: Int
    /// `units/web.yaml:3`; nil from an agent that does not tell.
    package var declaredAt: String?

    /// Sorted by name and version.
    static func all(in state: AgentState) -> [UnitDocument] {
        var units: [String: UnitDocument] = [:]
        for status in state.instanceStatuses() {
            guard let spec = status.desired?.spec else { continue }
            var unit = units[spec.unit] ?? UnitDocument(spec)
            unit.declaredAt = status.desired?.unitPlace.short
            unit.instances.append(status.name)
            unit.desiredReplicas += status.desired?.target ?? 0
            unit.readyReplicas += status.readyCount
            units[spec.unit] = unit
        }
        return units.values.sorted { $0.unit < $1.unit }
    }

    /// Of `web`, or of `web@1.4.2`.
    static func all(named name: String, in state: AgentState) -> [UnitDocument] {
        all(in: state).filter { $0.name == name || $0.unit == name }
    }

    private init(_ spec: InstanceSpec) {
        let parts = spec.unit.split(separator: "@", maxSplits: 1)
        unit = spec.unit
        name = parts.first.map(String.init) ?? spec.unit
        version = parts.count > 1 ? String(parts[1]) : ""
        profile = spec.profile.rawValue
        instances = []
        desiredReplicas = 0
        readyReplicas = 0
    }
}
