extension SchemaDecoder {
    static func logging(_ block: CheckedObject) -> LoggingPolicy {
        let standard = LoggingPolicy()
        return LoggingPolicy(
            maxSize: block.size("maxSize") ?? standard.maxSize,
            maxFiles: block.integer("maxFiles") ?? standard.maxFiles, maxAge: block.duration("maxAge"))
    }
}
