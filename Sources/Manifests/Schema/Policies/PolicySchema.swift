/// The blocks that a Unit gives as defaults and an Instance replaces, each as a whole.
enum PolicySchema {
    static let day = Duration.seconds(86_400)
    static let commandMax = 256

    static let fields: [SchemaField] = [
        SchemaField(
            "health", .object(health), effect: .live,
            "Probes that tell whether a replica has started, is ready, and is alive."),
        SchemaField("restart", .object(restart), effect: .live, "What happens when the process ends."),
        SchemaField("stop", .object(stop), effect: .live, "How the process is asked to end."),
        SchemaField("resources", .object(resources), effect: .live, "Limits of the process."),
        SchemaField("sandbox", .object(sandbox), effect: .restart, "What the process may see and do."),
        SchemaField("logging", .object(logging), effect: .live, "How much of the output is kept."),
    ]
}
