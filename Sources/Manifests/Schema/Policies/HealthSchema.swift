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
                "liveness", .object(probe), effect: .live,
                "Whether the replica still works; when it fails the run is replaced."),
        ])

    static let probeLater = "supported now: tcp, http, exec"

    static let probe = ObjectSchema(
        "a probe",
        [
            SchemaField("tcp", .object(tcp), effect: .live, "Succeeds when the port accepts a connection."),
            SchemaField("http", .object(http), effect: .live, "Succeeds on a status of 200 to 399."),
            SchemaField("exec", .object(exec), effect: .live, "Succeeds on exit code 0."),
            SchemaField(
                "grpc", .anyMapping, effect: .live, support: .later(instead: probeLater),
                "Succeeds when gRPC health checking says so."),
            SchemaField(
                "heartbeat", .anyMapping, effect: .live, support: .later(instead: probeLater),
                "Succeeds while the program reports in time."),
            SchemaField(
                "call", .anyMapping, effect: .live, support: .later(instead: probeLater),
                "Succeeds when a call of the service's protocol does."),
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
        ])

    static let tcp = ObjectSchema(
        "a tcp check",
        [SchemaField("port", .string(.name), required: true, effect: .live, "The name of an endpoint.")])

    static let http = ObjectSchema(
        "an http check",
        [
            SchemaField("port", .string(.name), required: true, effect: .live, "The name of an endpoint."),
            SchemaField(
                "path", .string(.httpPath), default: "/", effect: .live, "The path that is asked for."),
        ])

    static let exec = ObjectSchema(
        "an exec check",
        [
            SchemaField(
                "command", .list(.text(.any), 1...commandMax), required: true, effect: .live,
                "The program and its arguments; relative to the package.")
        ])
}
