extension Assembler {
    /// Two runs of one replica at once are not for everything.
    mutating func checkSurge() {
        for (record, pick) in zip(instances, picks) {
            guard record.declaration.update.overlaps, let unit = pick?.declaration else { continue }
            let instance = record.declaration
            let key = instance.update.isBlueGreen ? "strategy" : "maxSurge"
            let place = instance.source.location(of: "spec.update.\(key)")
            func report(_ code: DiagnosticCode, _ message: String, _ help: String? = nil, _ path: String) {
                collector.add(
                    Diagnostic(
                        code, at: place, message, help: help, notes: [unitNote(unit, path, "the Unit")]))
            }
            if unit.profile == .oneshot {
                report(
                    .surgeConflict, "a oneshot would do its work twice at once", nil, "spec.profile")
            }
            if unit.entry.fileDescriptorStoreMax > 0 {
                report(
                    .surgeConflict,
                    "the next run begins while the last one lives, and cannot be given what that has stored",
                    "remove fileDescriptorStoreMax, or replace replicas in their places: strategy: rolling "
                        + "without maxSurge", "spec.entry.fileDescriptorStoreMax")
            }
            for (index, endpoint) in unit.endpoints.enumerated() {
                guard case .fixed(let port) = endpoint.port, !endpoint.listen else { continue }
                report(
                    .surgeConflict,
                    "the next run begins while the last one lives, and both would want port \(port) of"
                        + " endpoint '\(endpoint.name)'",
                    "write port: \(port)+index in the Unit (the next run gets an index that no other has), or"
                        + " listen: true if the program takes its socket from Plumb",
                    "spec.endpoints[\(index)].port")
            }
            guard let health = instance.overrides.health ?? unit.defaults.health else { continue }
            for (kind, probe) in [("startup", health.startup), ("readiness", health.readiness)] {
                guard let probe, let port = probe.check.endpoint,
                    unit.endpoints.contains(where: { $0.name == port && $0.listen })
                else { continue }
                report(
                    .heldPortProbe,
                    "the \(kind) probe asks '\(port)', which both runs of a replica have: the last one would"
                        + " answer for the next one",
                    "ask with exec, or at an endpoint of the run's own: port: N+index without listen",
                    "spec.endpoints")
            }
        }
    }
}
