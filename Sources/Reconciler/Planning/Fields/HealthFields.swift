import Manifests

extension SpecFields {
    mutating func addHealth(_ health: Health, overridden: Bool) {
        let probes = [
            ("startup", health.startup), ("readiness", health.readiness), ("liveness", health.liveness),
        ]
        for (name, probe) in probes {
            guard let probe else { continue }
            let path = "spec.health.\(name)"
            if name == "liveness", case .heartbeat(let ttl) = probe.check {
                // It is in the environment of the run, as WATCHDOG_USEC.
                let time = ttl ?? Probe.watchdogUsual
                addBlock(path + ".heartbeat.ttl", time.declared, .restart, overridden: overridden)
            } else {
                addBlock(path, probe.check.text, .live, overridden: overridden)
            }
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
        case .http(let port, let path, let options):
            (["http :\(port)\(path)"] + (options?.words ?? [])).joined(separator: " ")
        case .exec(let command): "exec \(command.map(\.quoted).joined(separator: " "))"
        case .grpc(let port, let service, let tls):
            (["grpc :\(port)"] + (service.isEmpty ? [] : [service.quoted])
                + (tls.map { ["tls"] + $0.words } ?? []))
                .joined(separator: " ")
        case .heartbeat(let ttl): "heartbeat" + (ttl.map { " \($0.declared)" } ?? "")
        }
    }
}

extension HTTPProbeOptions {
    /// What is not as usual; nothing of it is left out, for the hash is made of it.
    fileprivate var words: [String] {
        var words: [String] = []
        if scheme == .https { words.append("https") }
        if let method, method != .get { words.append(method.rawValue) }
        if let host { words.append("host=\(host)") }
        for (name, value) in (headers ?? [:]).sorted(by: { $0.key < $1.key }) {
            words.append("header=" + "\(name): \(value)".quoted)
        }
        if let status { words.append("status=" + status.map(\.description).joined(separator: ",")) }
        if let text = body?.contains { words.append("contains=" + text.quoted) }
        if let pattern = body?.matches { words.append("matches=" + pattern.quoted) }
        return words + (tls?.words ?? [])
    }
}

extension ProbeTLS {
    fileprivate var words: [String] {
        var words: [String] = []
        if verify == false { words.append("unverified") }
        if let caFile { words.append("ca=" + caFile.quoted) }
        if let serverName { words.append("serverName=\(serverName)") }
        return words
    }
}
