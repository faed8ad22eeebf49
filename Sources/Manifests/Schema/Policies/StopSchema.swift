extension PolicySchema {
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
}
