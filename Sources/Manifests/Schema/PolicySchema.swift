/// The blocks that a Unit gives as defaults and an Instance replaces, each as a whole.
enum PolicySchema {
    static let day = Duration.seconds(86_400)
    static let commandMax = 256

    static let fields: [SchemaField] = [
        SchemaField(
            "health", .object(health), effect: .live,
            "Probes that tell whether a replica has started, is ready, and is alive."),
        SchemaField("restart", .object(restart), effect: .live, "What happens when the process ends."),
        SchemaField("stop", .object(stop), effect: .live, "How the process is asked to end."),
        SchemaField("resources", .object(resources), effect: .live, "Limits of the process."),
        SchemaField("sandbox", .object(sandbox), effect: .restart, "What the process may see and do."),
        SchemaField("logging", .object(logging), effect: .live, "How much of the output is kept."),
    ]

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

    static let restart = ObjectSchema(
        "restart",
        [
            SchemaField(
                "policy", .choices(RestartPolicy.Condition.self), effect: .live,
                "When the process is started again; by default always, and for a oneshot on-failure."),
            SchemaField("backoff", .object(backoff), effect: .live, "The delay before the next start."),
            SchemaField(
                "maxRetries", .integer(0...1_000_000), nullable: true, default: "null", effect: .live,
                "Failures in a row before the replica is given up; null is without end."),
        ])

    static let backoff = ObjectSchema(
        "backoff",
        [
            SchemaField(
                "initial", .duration(.milliseconds(1)...day), default: "1s", effect: .live,
                "The delay after the first failure."),
            SchemaField(
                "factor", .number(1...100), default: "2", effect: .live, "How much longer each delay is."),
            SchemaField(
                "max", .duration(.milliseconds(1)...day), default: "1m", effect: .live, "The longest delay."),
            SchemaField(
                "jitter", .number(0...1), default: "0.1", effect: .live,
                "The share by which delays are spread: 0.1 is ± 10 %."),
            SchemaField(
                "resetAfter", .duration(.seconds(1)...day), default: "1m", effect: .live,
                "After so long a healthy run the count of failures starts anew."),
        ])

    static let stop = ObjectSchema(
        "stop",
        [
            SchemaField(
                "signal", .signal(catchable: false), default: "SIGTERM", effect: .live,
                "The signal that asks the process to end."),
            SchemaField(
                "grace", .duration(.zero...day), default: "5s", effect: .live,
                "The time until what is left is killed."),
        ])

    static let resources = ObjectSchema(
        "resources",
        [
            SchemaField(
                "nofile", .integer(16...1_048_576), effect: .live,
                "The most file descriptors that a process may have open."),
            SchemaField(
                "cpu", .cpu, effect: .live, support: .later(instead: "supported now: nofile"),
                "The share of the processors."),
            SchemaField(
                "memory", .size(1...(1 << 50)), effect: .live,
                support: .later(instead: "supported now: nofile"),
                "The most memory."),
            SchemaField(
                "pids", .integer(1...4_194_304), effect: .live,
                support: .later(instead: "supported now: nofile"),
                "The most processes and threads."),
            SchemaField(
                "io", .anyMapping, effect: .live, support: .later(instead: "supported now: nofile"),
                "The share of the disks."),
        ])

    static let sandbox = ObjectSchema(
        "sandbox",
        [
            SchemaField(
                "level", .choices(Sandbox.Level.self, later: ["standard", "strict", "paranoid"]),
                default: "minimal", effect: .restart, "How far the process is shut in.")
        ], laterKeys: "supported now: level")

    static let logging = ObjectSchema(
        "logging",
        [
            SchemaField(
                "maxSize", .size((64 << 10)...(1 << 40)), default: "10Mi", effect: .live,
                "Bytes of one log file before it is rotated."),
            SchemaField(
                "maxFiles", .integer(1...1_000), default: "10", effect: .live,
                "Files kept of each stream, the current one included."),
        ])
}
