extension SchemaDecoder {
    static func sandbox(_ block: CheckedObject) -> Sandbox {
        Sandbox(level: block.choice("level") ?? .minimal)
    }
}
