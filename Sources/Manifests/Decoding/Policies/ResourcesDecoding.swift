extension SchemaDecoder {
    static func resources(_ block: CheckedObject) -> Resources {
        Resources(nofile: block.integer("nofile").map { UInt64($0) })
    }
}
