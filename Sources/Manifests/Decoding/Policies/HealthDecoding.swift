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
        guard let check = check(object, key) else { return nil }
        if case .heartbeat = check { checkHeartbeat(object, key) }
        let standard = Probe(check: check)
        return Probe(
            check: check, initialDelay: object.duration("initialDelay") ?? standard.initialDelay,
            period: object.duration("period") ?? standard.period,
            timeout: object.duration("timeout") ?? standard.timeout,
            successThreshold: object.integer("successThreshold") ?? standard.successThreshold,
            failureThreshold: object.integer("failureThreshold") ?? standard.failureThreshold)
    }

    /// The program sets the pace of a heartbeat, and `ttl` is the only time that counts.
    private mutating func checkHeartbeat(_ probe: CheckedObject, _ key: String) {
        for field in ["initialDelay", "period", "timeout", "successThreshold", "failureThreshold"]
        where probe.has(field) {
            report(
                .probeCheck, mark(of: "spec.health.\(key).\(field)"),
                "'\(field)' has no meaning for a heartbeat, which is not asked but waited for",
                help: "remove it, and set heartbeat.ttl")
        }
    }

    private mutating func check(_ probe: CheckedObject, _ key: String) -> Probe.Check? {
        if let tcp = probe.object("tcp") { return tcp.string("port").map { .tcp(port: $0) } }
        if let http = probe.object("http") {
            let options = httpOptions(http, "spec.health.\(key).http")
            return http.string("port").map {
                .http(port: $0, path: http.string("path") ?? "/", options: options)
            }
        }
        if let grpc = probe.object("grpc") {
            let tls = grpc.object("tls").map(Self.tls)
            return grpc.string("port").map {
                .grpc(port: $0, service: grpc.string("service") ?? "", tls: tls)
            }
        }
        if let heartbeat = probe.object("heartbeat") { return .heartbeat(ttl: heartbeat.duration("ttl")) }
        guard let exec = probe.object("exec"), !exec.isInvalid("command") else { return nil }
        return .exec(command: exec.strings("command"))
    }

    /// nil where everything is as usual.
    private mutating func httpOptions(_ http: CheckedObject, _ path: String) -> HTTPProbeOptions? {
        var options = HTTPProbeOptions()
        if http.string("scheme") == "https" { options.scheme = .https }
        if http.string("method") == "HEAD" { options.method = .head }
        if let host = http.string("host"), host != "127.0.0.1" { options.host = host }
        let headers = http.stringMap("headers")
        if !headers.isEmpty { options.headers = headers }
        let status = http.strings("status").compactMap { StatusRange($0) }
        if !status.isEmpty, status != [StatusRange("200-399")] { options.status = status }
        if let body = http.object("body") {
            options.body = BodyMatch(contains: body.string("contains"), matches: body.string("matches"))
            if !body.has("contains"), !body.has("matches") {
                report(
                    .missingField, mark(of: path + ".body"), "body needs 'contains' or 'matches'",
                    help: "say what the answer must hold, or remove body")
            }
            if options.method == .head {
                report(
                    .probeCheck, mark(of: path + ".body"), "an answer to HEAD has no body to look at",
                    help: "use method: GET, or remove body")
            }
        }
        if let tls = http.object("tls") {
            options.tls = Self.tls(tls)
            if options.scheme != .https {
                report(
                    .probeCheck, mark(of: path + ".tls"), "tls has no meaning for the scheme http",
                    help: "set scheme: https, or remove tls")
            }
        }
        checkHeaders(headers, path)
        return options == HTTPProbeOptions() ? nil : options
    }

    private static let secretHeaders: Set = ["authorization", "proxy-authorization", "cookie"]
    /// A declared one would make a request that says one thing and is another.
    private static let framingHeaders: Set = [
        "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// What stands in a declaration stands in git for all to read.
    private mutating func checkHeaders(_ headers: [String: String], _ path: String) {
        for name in headers.keys.sorted() {
            let place = mark(of: "\(path).headers.\(name)")
            if Self.secretHeaders.contains(name.lowercased()) {
                report(
                    .plainSecret, place, "the header '\(name)' would put a secret into git",
                    help: "let the program answer its probe without one, or use an exec probe that reads a "
                        + "secret")
            } else if Self.framingHeaders.contains(name.lowercased()) {
                report(
                    .probeCheck, place, "the header '\(name)' is of the connection, which the probe makes",
                    help: "remove it")
            }
        }
    }

    private static func tls(_ tls: CheckedObject) -> ProbeTLS {
        ProbeTLS(
            verify: tls.bool("verify") == false ? false : nil, caFile: tls.string("ca"),
            serverName: tls.string("serverName"))
    }
}
