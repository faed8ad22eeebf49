/// The blocks that a Unit and an Instance share, from what the schema has checked.
extension SchemaDecoder {
    mutating func policies(_ spec: CheckedObject) -> PolicyBlocks {
        PolicyBlocks(
            health: spec.object("health").map { health($0) },
            restart: spec.object("restart").map { restart($0) },
            stop: spec.object("stop").map(Self.stop),
            resources: spec.object("resources").map(Self.resources),
            sandbox: spec.object("sandbox").map(Self.sandbox),
            logging: spec.object("logging").map(Self.logging))
    }

    private mutating func health(_ block: CheckedObject) -> Health {
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

    private mutating func restart(_ block: CheckedObject) -> RestartPolicy {
        let standard = RestartPolicy.Backoff()
        var backoff = standard
        if let object = block.object("backoff") {
            backoff = RestartPolicy.Backoff(
                initial: object.duration("initial") ?? standard.initial,
                factor: object.number("factor") ?? standard.factor,
                max: object.duration("max") ?? standard.max,
                jitter: object.number("jitter") ?? standard.jitter,
                resetAfter: object.duration("resetAfter") ?? standard.resetAfter)
            if backoff.initial > backoff.max {
                report(
                    .backoffOrder, mark(of: "spec.restart.backoff.initial"),
                    "initial is \(Quantities.text(backoff.initial)) and max \(Quantities.text(backoff.max))")
            }
        }
        return RestartPolicy(
            policy: block.choice("policy") ?? .always, backoff: backoff,
            maxRetries: block.integer("maxRetries"))
    }

    private static func stop(_ block: CheckedObject) -> StopPolicy {
        StopPolicy(
            signal: block.signal("signal") ?? .term, grace: block.duration("grace") ?? StopPolicy().grace)
    }

    private static func resources(_ block: CheckedObject) -> Resources {
        Resources(nofile: block.integer("nofile").map { UInt64($0) })
    }

    private static func sandbox(_ block: CheckedObject) -> Sandbox {
        Sandbox(level: block.choice("level") ?? .minimal)
    }

    private static func logging(_ block: CheckedObject) -> LoggingPolicy {
        let standard = LoggingPolicy()
        return LoggingPolicy(
            maxSize: block.size("maxSize") ?? standard.maxSize,
            maxFiles: block.integer("maxFiles") ?? standard.maxFiles)
    }

    /// The place of a path, or of its nearest parent that is written.
    func mark(of path: String) -> Mark {
        var path = Substring(path)
        while !path.isEmpty {
            if let found = positions[String(path)] { return Mark(line: found.line, column: found.column) }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<cut]
        }
        return Mark(line: 1, column: 1)
    }
}
