extension PolicySchema {
    static let sandbox = ObjectSchema(
        "sandbox",
        [
            SchemaField(
                "level", .choices(Sandbox.Level.self, later: ["standard", "strict", "paranoid"]),
                default: "minimal", effect: .restart, "How far the process is shut in.")
        ], laterKeys: "supported now: level")
}
