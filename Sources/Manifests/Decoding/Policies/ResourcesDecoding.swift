extension SchemaDecoder {
    static func resources(_ block: CheckedObject) -> Resources {
        Resources(
            cpu: block.size("cpu"), memory: block.size("memory"),
            pids: block.integer("pids").map { UInt64($0) },
            nofile: block.integer("nofile").map { UInt64($0) }, core: block.size("core"),
            io: block.object("io").map { io in
                Resources.DiskShare(weight: io.integer("weight").map { UInt64($0) })
            })
    }
}
