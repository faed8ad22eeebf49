extension SchemaDecoder {
    static func stop(_ block: CheckedObject) -> StopPolicy {
        StopPolicy(
            signal: block.signal("signal") ?? .term, grace: block.duration("grace") ?? StopPolicy().grace)
    }
}
