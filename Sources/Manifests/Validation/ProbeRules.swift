/// What a probe needs of its Unit: the endpoint that it names, and a socket to be heard on.
enum ProbeRules {
    typealias Report = (_ code: DiagnosticCode, _ key: String, _ message: String, _ help: String?) -> Void

    static func check(_ health: Health, of unit: UnitDeclaration, report: Report) {
        let probes = [
            ("startup", health.startup), ("readiness", health.readiness), ("liveness", health.liveness),
        ]
        for case (let name, let probe?) in probes {
            if case .heartbeat = probe.check, !unit.entry.notify {
                report(
                    .probeCheck, "\(name).heartbeat",
                    "the \(name) probe waits for heartbeats, and the program is given no notify socket",
                    "set entry.notify: true in the Unit \(unit.id)")
            }
            guard let port = probe.check.endpoint else { continue }
            check(port, "\(name).\(probe.check.kind).port", name, unit.endpoints, report)
        }
    }

    private static func check(
        _ port: String, _ key: String, _ name: String, _ endpoints: [Endpoint], _ report: Report
    ) {
        guard let endpoint = endpoints.first(where: { $0.name == port }) else {
            let hint = EditDistance.suggestion(for: port, among: endpoints.map(\.name))
            let message = "the \(name) probe names no endpoint of the Unit: '\(port)'\(hint)"
            return report(.unknownPort, key, message, nil)
        }
        if endpoint.protocolName == .udp {
            report(
                .unknownPort, key, "the \(name) probe asks '\(port)' by TCP, and that endpoint is udp", nil)
        }
    }
}
