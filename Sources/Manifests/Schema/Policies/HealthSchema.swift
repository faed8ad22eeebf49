extension PolicySchema {
    static let health = ObjectSchema(
        "health",
        [
            SchemaField(
                "startup", .object(probe), effect: .live,
                "Until it succeeds the other probes wait; when it fails for good the run is replaced."),
            SchemaField(
                "readiness", .object(probe), effect: .live,
                "Whether the replica can serve; gates rollouts and dependants."),
            SchemaField(
                "liveness", .object(livenessProbe), effect: .live,
                "Whether the replica still works; when it fails the run is replaced."),
        ])

    static let probeLater = "supported now: tcp, http, exec, grpc, heartbeat"
    static let headersMax = 32
    static let statusRangesMax = 16

    static let probe = probe(heartbeat)
    static let livenessProbe = probe(livenessHeartbeat)

    private static func probe(_ heartbeat: ObjectSchema) -> ObjectSchema {
        ObjectSchema("a probe", checks(heartbeat) + times)
    }

    private static func checks(_ heartbeat: ObjectSchema) -> [SchemaField] {
        [
            SchemaField("tcp", .object(tcp), effect: .live, "Succeeds when the port accepts a connection."),
            SchemaField(
                "http", .object(http), effect: .live, "Succeeds on a status of 200 to 399, or as it says."),
            SchemaField("exec", .object(exec), effect: .live, "Succeeds on exit code 0."),
            SchemaField("grpc", .object(grpc), effect: .live, "Succeeds when gRPC health checking says so."),
            SchemaField(
                "heartbeat", .object(heartbeat), effect: .live,
                "Succeeds while the program reports in time (sd_notify); needs entry.notify."),
            SchemaField(
                "call", .anyMapping, effect: .live, support: .later(instead: probeLater),
                "Succeeds when a call of the service's protocol does."),
        ]
    }

    private static let times = [
        SchemaField(
            "initialDelay", .duration(.zero...day), default: "0s", effect: .live,
            "The time from the start of the run to the first attempt."),
        SchemaField(
            "period", .duration(.milliseconds(100)...day), default: "10s", effect: .live,
            "The time from one attempt to the next."),
        SchemaField(
            "timeout", .duration(.milliseconds(10)...day), default: "1s", effect: .live,
            "How long one attempt may take."),
        SchemaField(
            "successThreshold", .integer(1...1_000), default: "1", effect: .live,
            "How many attempts in a row must succeed."),
        SchemaField(
            "failureThreshold", .integer(1...100_000), default: "3", effect: .live,
            "How many attempts in a row must fail."),
    ]

    static let tcp = ObjectSchema(
        "a tcp check",
        [SchemaField("port", .string(.name), required: true, effect: .live, "The name of an endpoint.")])

    static let http = ObjectSchema(
        "an http check",
        [
            SchemaField("port", .string(.name), required: true, effect: .live, "The name of an endpoint."),
            SchemaField(
                "path", .string(.httpPath), default: "/", effect: .live, "The path that is asked for."),
            SchemaField(
                "scheme", .choices(HTTPProbeOptions.Scheme.self), default: "http", effect: .live,
                "Whether TLS is spoken."),
            SchemaField(
                "method", .choices(HTTPProbeOptions.Method.self), default: "GET", effect: .live,
                "What is asked."),
            SchemaField(
                "host", .text(.hostAddress), default: "127.0.0.1", effect: .live,
                "The address that is connected to; the Host header is one of headers."),
            SchemaField(
                "headers", .map(keys: .headerName, values: .text(.headerValue), max: headersMax),
                effect: .live, "Headers of the request. They stand in git: no secrets."),
            SchemaField(
                "status", .oneOrMore(.statusRange, statusRangesMax), default: "200-399", effect: .live,
                "The status that is a success: 200, 200-399, or a list of such. Redirects are not followed."),
            SchemaField(
                "body", .object(body), effect: .live, "What the first 64 KiB of the answer must hold."),
            SchemaField("tls", .object(probeTLS), effect: .live, "Whom to trust (scheme https)."),
        ])

    static let body = ObjectSchema(
        "body",
        [
            SchemaField("contains", .text(.nonEmpty), effect: .live, "A text that stands in it."),
            SchemaField(
                "matches", .string(.extendedPattern), effect: .live,
                "A POSIX extended regular expression that matches somewhere in it."),
        ])

    static let probeTLS = ObjectSchema(
        "tls",
        [
            SchemaField(
                "verify", .boolean, default: "true", effect: .live,
                "Whether the certificate must be trusted and be the server's."),
            SchemaField(
                "ca", .string(.runPath), effect: .live,
                "Trusted certificates (PEM) instead of the host's; absolute, or relative to the package."),
            SchemaField(
                "serverName", .text(.hostAddress), effect: .live,
                "The name the certificate must have; by default the address that is connected to."),
        ])

    static let grpc = ObjectSchema(
        "a grpc check",
        [
            SchemaField("port", .string(.name), required: true, effect: .live, "The name of an endpoint."),
            SchemaField(
                "service", .text(.any), default: "", effect: .live,
                "The service that is asked about; without it the server as a whole."),
            SchemaField(
                "tls", .object(probeTLS), effect: .live, "Speaks TLS; without it cleartext."),
        ])

    static let heartbeat = ObjectSchema(
        "a heartbeat check",
        [
            SchemaField(
                "ttl", .duration(.seconds(1)...day), effect: .live,
                "startup: how long READY=1 may take (90s). readiness: how long WATCHDOG=1 may be away."
            )
        ])

    /// The program is told the time once, when it starts.
    static let livenessHeartbeat = ObjectSchema(
        "a heartbeat check",
        [
            SchemaField(
                "ttl", .duration(.seconds(1)...day), default: "30s", effect: .restart,
                "How long WATCHDOG=1 may be away; the program finds it in WATCHDOG_USEC.")
        ])

    static let exec = ObjectSchema(
        "an exec check",
        [
            SchemaField(
                "command", .list(.text(.any), 1...commandMax), required: true, effect: .live,
                "The program and its arguments; relative to the package.")
        ])
}
