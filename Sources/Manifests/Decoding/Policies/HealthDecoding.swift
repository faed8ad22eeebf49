extension SchemaDecoder {
    mutating func health(_ block: CheckedObject) -> Health {
        Health(
            startup: probe(block, "startup"), readiness: probe(block, "readiness"),
            liveness: probe(block, "liveness"))
    }

    private mutating func probe(_ block: CheckedObject, _ key: String) -> Probe? {
        guard let object = block.object(key) else { return nil }
        let kinds = ["tcp", "http", "exec", "grpc", "heartbeat", "call"].filter(object.has)
        guard kinds.count == 1 else {
            let found = kinds.isEmpty ? "no check" : "the checks \(kinds.joined(separator: " and "))"
            report(.probeCheck, mark(of: "spec.health.\(key)"), "the \(key) probe has \(found)")
            return nil
        }
        guard let check = Self.check(object) else { return nil }
        let standard = Probe(check: check)
        return Probe(
            check: check, initialDelay: object.duration("initialDelay") ?? standard.initialDelay,
            period: object.duration("period") ?? standard.period,
            timeout: object.duration("timeout") ?? standard.timeout,
            successThreshold: object.integer("successThreshold") ?? standard.successThreshold,
            failureThreshold: object.integer("failureThreshold") ?? standard.failureThreshold)
    }

    private static func check(_ probe: CheckedObject) -> Probe.Check? {
        if let tcp = probe.object("tcp") { return tcp.string("port").map { .tcp(port: $0) } }
        if let http = probe.object("http") {
            return http.string("port").map { .http(port: $0, path: http.string("path") ?? "/") }
        }
        guard let exec = probe.object("exec"), !exec.isInvalid("command") else { return nil }
        return .exec(command: exec.strings("command"))
    }
}
