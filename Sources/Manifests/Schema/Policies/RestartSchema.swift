extension PolicySchema {
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
}
