extension PolicySchema {
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
}
