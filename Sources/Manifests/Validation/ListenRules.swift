/// The rules of endpoints whose sockets Plumb holds.
enum ListenRules {
    /// As many descriptors go to a run in one message, beside those that every run needs.
    static let listenMax = 16

    static func check(_ unit: UnitDeclaration, _ decoder: inout SchemaDecoder) {
        var count = 0
        for (index, endpoint) in unit.endpoints.enumerated() {
            let path = "spec.endpoints[\(index)]"
            if endpoint.listen { count += 1 }
            if count == listenMax + 1, endpoint.listen {
                decoder.report(
                    .outOfRange, decoder.mark(of: path + ".listen"),
                    "more than \(listenMax) endpoints have listen: true")
            }
            if endpoint.address != nil, !endpoint.listen {
                decoder.report(
                    .listenAddress, decoder.mark(of: path + ".address"),
                    "the endpoint '\(endpoint.name)' has an address, and its program opens the port itself")
            }
        }
    }

    /// A held port accepts connections whether its program lives or not, so a TCP probe says nothing.
    static func check(_ health: Health, endpoints: [Endpoint], report: (String, String) -> Void) {
        let probes = [
            ("startup", health.startup), ("readiness", health.readiness), ("liveness", health.liveness),
        ]
        for case (let kind, let probe?) in probes {
            guard case .tcp(let port) = probe.check,
                endpoints.contains(where: { $0.name == port && $0.listen })
            else { continue }
            report(
                "\(kind).tcp",
                "the \(kind) probe connects to '\(port)', which Plumb holds and which always answers")
        }
    }
}
