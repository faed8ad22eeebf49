extension PolicySchema {
    static let resources = ObjectSchema(
        "resources",
        [
            SchemaField(
                "cpu", .cpu, effect: .live,
                "The most processor time that a replica gets: 500m is half a core, 2 are two cores."),
            SchemaField(
                "memory", .size((1 << 20)...(1 << 50)), effect: .live,
                "The most memory of a replica, page cache included; beyond it the kernel kills."),
            SchemaField(
                "pids", .integer(1...4_194_304), effect: .live,
                "The most processes and threads of a replica."),
            SchemaField(
                "nofile", .integer(16...1_048_576), effect: .live,
                "The most file descriptors that a single process may have open."),
            SchemaField(
                "core", .coreSize, effect: .live,
                "The largest core dump of a single process; 0 is none, unlimited any."),
            SchemaField("io", .object(io), effect: .live, "The share of the disks."),
        ])

    static let io = ObjectSchema(
        "io",
        [
            SchemaField(
                "weight", .integer(1...10_000), effect: .live,
                "The replica's share of a busy disk, beside the 100 that others have.")
        ])
}
