extension PolicySchema {
    static let logging = ObjectSchema(
        "logging",
        [
            SchemaField(
                "maxSize", .size((64 << 10)...(1 << 40)), default: "10Mi", effect: .live,
                "Bytes of one log file before it is rotated."),
            SchemaField(
                "maxFiles", .integer(1...1_000), default: "10", effect: .live,
                "Files kept of each stream, the current one included."),
            SchemaField(
                "maxAge", .duration(.seconds(60)...(day * 3_650)), nullable: true, default: "null",
                effect: .live, "How long lines are kept; null is as long as size and files allow."),
        ])
}
