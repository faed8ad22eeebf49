/// The table of the kind Schedule.
enum ScheduleSchema {
    static let argumentsMax = 256
    static let exitCodesMax = 64
    static let retriesMax: Int64 = 100
    static let catchUpMax: Int64 = 1_000
    /// With `catchUp: all`, for what fires more often than once a minute.
    static let quickCatchUpMax = 100
    static let concurrencyMax: Int64 = 1_000
    static let historyMax: Int64 = 10_000

    static let document = EnvelopeSchema.document(.schedule, spec: .object(spec))

    static let spec = ObjectSchema(
        "the spec of a Schedule",
        [
            SchemaField(
                "trigger", .object(trigger), required: true, effect: .next,
                "What it fires by: one of cron, calendar, interval, event, path and manual."),
            SchemaField(
                "action", .object(action), required: true, effect: .next,
                "What is done then: one of run, signal and restart."),
            SchemaField(
                "timezone", .string(.timeZone), default: "UTC", effect: .next,
                "The zone by which cron, calendar and window are read."),
            SchemaField(
                "dst", .object(clockChange), effect: .next,
                "What becomes of times that a change of the clock leaves out or repeats."),
            SchemaField(
                "startingDeadline", .duration(.seconds(1)...(PolicySchema.day * 365)), nullable: true,
                default: "null", effect: .next,
                "A start that would be later than this is not made; null is however late."),
            SchemaField(
                "catchUp", .object(catchUp), effect: .next,
                "What becomes of firings whose time passed while nothing could start them."),
            SchemaField(
                "jitter", .duration(.zero...PolicySchema.day), default: "0s", effect: .next,
                "Each firing is put off by a part of this, the same for the same time."),
            SchemaField(
                "concurrency", .object(concurrency), effect: .next,
                "What becomes of a firing while an earlier run goes on."),
            SchemaField(
                "window", .object(window), effect: .next,
                "The days and times of day at which runs may start; without it at any time."),
            SchemaField(
                "suspend", .boolean, default: "false", effect: .next,
                "Whether it fires for now; runs under way go on."),
            SchemaField(
                "runNonce", .text(.any), default: "", effect: .next,
                "Any change of it asks for one run now; first seen, it does nothing."),
            SchemaField(
                "timeout", .duration(.seconds(1)...(PolicySchema.day * 365)), nullable: true,
                default: "null", effect: .next,
                "A run that takes longer is stopped; null is as long as it takes."),
            SchemaField(
                "retries", .object(retries), effect: .next,
                "How often a failed run is tried again."),
            SchemaField(
                "successExitCodes", .list(.integer(1...255), 0...exitCodesMax), effect: .next,
                "Exit codes that are well, beside 0."),
            SchemaField(
                "history", .object(history), effect: .next,
                "How many ended runs are kept, with their logs and output."),
            SchemaField(
                "dependsOn",
                .list(.object(InstanceSchema.dependency), 0...InstanceSchema.dependenciesMax)
                    .counting(.next), effect: .next,
                "Instances that must be there before a run starts."),
            SchemaField(
                "nodes", .object(InstanceSchema.nodes.counting(.next)), effect: .next,
                "Where it fires; without it on every node."),
            SchemaField(
                "configFrom", .list(.string(.sourcePath), 0...InstanceSchema.configFilesMax), effect: .next,
                "Files with config values; later ones win, and action.run.config over all."),
            SchemaField(
                "secrets",
                .map(
                    keys: .variable, values: .object(InstanceSchema.secret.counting(.next)),
                    max: InstanceSchema.secretsMax), effect: .next,
                "Variables whose values are files of the host's secret directory."),
        ] + policies)

    /// The Unit's blocks that a run by a Schedule has other values of, as an Instance has.
    private static let policies = PolicySchema.fields
        .filter { ["stop", "resources", "sandbox", "logging"].contains($0.key) }
        .map { $0.counting(.next) }

    static let window = ObjectSchema(
        "a window",
        [
            SchemaField(
                "days", .list(.choices(Weekday.self), 1...7), effect: .next,
                "The days on which it opens; without them every day."),
            SchemaField(
                "from", .timeOfDay, default: "00:00", effect: .next,
                "The time of day at which it opens."),
            SchemaField(
                "to", .timeOfDay, default: "24:00", effect: .next,
                "When it closes; at or before 'from' it is a time of the next day."),
        ])

    /// In the order of their numbers: 0 is Sunday.
    enum Weekday: String, CaseIterable { case sun, mon, tue, wed, thu, fri, sat }

    static let clockChange = ObjectSchema(
        "dst",
        [
            SchemaField(
                "gap", .choices(ClockChangePolicy.Gap.self), default: "runAtEnd", effect: .next,
                "A time that the clock leaves out: not at all, or when the gap is over."),
            SchemaField(
                "overlap", .choices(ClockChangePolicy.Overlap.self), default: "once", effect: .next,
                "A time that the clock shows twice: the first time only, or both."),
        ])

    static let catchUp = ObjectSchema(
        "catchUp",
        [
            SchemaField(
                "policy", .choices(CatchUpPolicy.Policy.self), default: "last", effect: .next,
                "Which of them are made up for: none, the newest, or all."),
            SchemaField(
                "max", .integer(1...catchUpMax), default: "100", effect: .next,
                "With all: the newest so many."),
        ])

    static let concurrency = ObjectSchema(
        "concurrency",
        [
            SchemaField(
                "policy", .choices(ConcurrencyPolicy.Policy.self), effect: .next,
                "Start beside it, leave the firing out, stop the earlier run, or wait for it; by default "
                    + "forbid for what fires by the clock, and queue for the rest."),
            SchemaField(
                "max", .integer(1...concurrencyMax), default: "10", effect: .next,
                "With allow: runs at once. With queue: firings that wait."),
        ])

    static let retries = ObjectSchema(
        "retries",
        [
            SchemaField(
                "max", .integer(0...retriesMax), default: "0", effect: .next,
                "How many further attempts there are."),
            SchemaField(
                "backoff", .object(backoff), effect: .next, "The pause before the next one."),
        ])

    static let backoff = ObjectSchema(
        "backoff",
        [
            SchemaField(
                "initial", .duration(.milliseconds(1)...PolicySchema.day), default: "10s", effect: .next,
                "The pause before the second attempt."),
            SchemaField(
                "factor", .number(1...100), default: "2", effect: .next,
                "How much longer each pause is."),
            SchemaField(
                "max", .duration(.milliseconds(1)...PolicySchema.day), default: "10m", effect: .next,
                "The longest pause."),
        ])

    static let history = ObjectSchema(
        "history",
        [
            SchemaField(
                "keep", .integer(0...historyMax), default: "20", effect: .next,
                "How many runs that did not fail are kept, the newest."),
            SchemaField(
                "keepFailed", .integer(0...historyMax), default: "20", effect: .next,
                "How many that failed are kept beside them."),
            SchemaField(
                "maxAge", .duration(.seconds(60)...(PolicySchema.day * 3_650)), default: "30d",
                effect: .next, "Older ones are not kept."),
        ])
}
