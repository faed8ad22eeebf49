import Manifests

extension SpecFields {
    mutating func addHealth(_ health: Health, overridden: Bool) {
        let probes = [
            ("startup", health.startup), ("readiness", health.readiness), ("liveness", health.liveness),
        ]
        for (name, probe) in probes {
            guard let probe else { continue }
            let path = "spec.health.\(name)"
            addBlock(path, probe.check.text, .live, overridden: overridden)
            let usual = Probe(check: probe.check)
            addDuration(path + ".initialDelay", probe.initialDelay, usual.initialDelay, overridden)
            addDuration(path + ".period", probe.period, usual.period, overridden)
            addDuration(path + ".timeout", probe.timeout, usual.timeout, overridden)
            addPlain(path + ".successThreshold", probe.successThreshold, usual.successThreshold, overridden)
            addPlain(path + ".failureThreshold", probe.failureThreshold, usual.failureThreshold, overridden)
        }
    }
}

extension Probe.Check {
    /// `http :http/healthz`, as causes and plans print it.
    var text: String {
        switch self {
        case .tcp(let port): "tcp :\(port)"
        case .http(let port, let path): "http :\(port)\(path)"
        case .exec(let command): "exec \(command.map(\.quoted).joined(separator: " "))"
        }
    }
}
