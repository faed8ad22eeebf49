/// The table of the kind Instance.
enum InstanceSchema {
    static let replicasMax: Int64 = 1_000
    static let namesMax = 10_000
    static let dependenciesMax = 256
    static let configFilesMax = 64
    static let secretsMax = 256
    static let configKeysMax = 1_024

    static let document = EnvelopeSchema.document(.instance, spec: .object(spec))

    static let spec = ObjectSchema(
        "the spec of an Instance",
        [
            SchemaField(
                "unit", .unitReference, required: true, effect: .restart,
                "The Unit: name, or name@range for the highest declared version that fits."),
            SchemaField(
                "desired", .choices(DesiredState.self), default: "running", effect: .scale,
                "Whether it is meant to run."),
            SchemaField(
                "replicas", .integer(0...replicasMax), default: "1", effect: .scale,
                "How many replicas run on each node."),
            SchemaField(
                "nodes", .object(nodes), effect: .scale, "Where it runs; without it on every node."),
            SchemaField(
                "config", .map(keys: .configField, values: .anyValue, max: configKeysMax), effect: .restart,
                "Values for the Unit's config.fields."),
            SchemaField(
                "configFrom", .list(.string(.sourcePath), 0...configFilesMax), effect: .restart,
                "Files with config values; later ones win, and config wins over all."),
            SchemaField(
                "secrets", .map(keys: .variable, values: .object(secret), max: secretsMax), effect: .restart,
                "Variables whose values are files of the host's secret directory."),
            SchemaField(
                "dependsOn", .list(.object(dependency), 0...dependenciesMax), effect: .live,
                "Instances that must be there before this one starts."),
            SchemaField("update", .object(update), effect: .live, "How a new spec is rolled out."),
            SchemaField(
                "prune", .choices(PrunePolicy.self), default: "allow",
                effect: .live, "Whether deleting the declaration stops what runs."),
            SchemaField(
                "suspend", .boolean, default: "false", effect: .live,
                "Whether changes of the spec wait; supervision goes on."),
            SchemaField(
                "drift", .choices(DriftPolicy.self), default: "report", effect: .live,
                "What follows when the program on disk or the live process is no longer what was started."),
            SchemaField(
                "restartNonce", .text(.any), default: "", effect: .restart, "Any change of it restarts."),
        ] + PolicySchema.fields)

    static let nodes = ObjectSchema(
        "nodes",
        [
            SchemaField(
                "names", .list(.string(.nodeName), 0...namesMax), effect: .scale, "Names of nodes."),
            SchemaField(
                "selector", .map(keys: .labelKey, values: .text(.labelValue), max: EnvelopeSchema.labelsMax),
                effect: .scale, "Labels that a node must have, all of them."),
        ])

    static let secret = ObjectSchema(
        "a secret",
        [
            SchemaField(
                "file", .string(.fileName), required: true, effect: .restart,
                "A file of the host's secret directory.")
        ])

    static let dependency = ObjectSchema(
        "a dependency",
        [
            SchemaField("instance", .string(.name), required: true, effect: .live, "The Instance's name."),
            SchemaField(
                "condition", .choices(Dependency.Condition.self), default: "ready", effect: .live,
                "What it must have reached."),
            SchemaField(
                "required", .boolean, default: "true", effect: .live,
                "Whether it is waited for where it does not run on this node."),
        ])

    static let update = ObjectSchema(
        "update",
        [
            SchemaField(
                "strategy",
                .enumeration([
                    .init("recreate"), .init("rolling"), .init("canary"), .init("blueGreen"),
                ]),
                default: "rolling", effect: .live,
                "How replicas are replaced: all at once, some at a time, a few first and then the rest, or a "
                    + "whole new set beside the old one."),
            SchemaField(
                "maxUnavailable", .integer(0...replicasMax), default: "1", effect: .live,
                "How many replicas may be missing meanwhile (rolling, canary); 0 only with maxSurge."),
            SchemaField(
                "maxSurge", .integer(0...replicasMax), default: "0", effect: .live,
                "How many runs there may be beyond the count meanwhile: the next run of a replica is healthy "
                    + "beside the last one before that ends (rolling, canary)."),
            SchemaField(
                "minHealthyTime", .duration(.zero...PolicySchema.day), default: "5s", effect: .live,
                "How long a new replica must be healthy before the next is replaced."),
            SchemaField(
                "healthyDeadline", .duration(.milliseconds(1)...PolicySchema.day), default: "1m",
                effect: .live,
                "The time within which a new replica must be healthy."),
            SchemaField(
                "progressDeadline", .duration(.milliseconds(1)...PolicySchema.day), default: "5m",
                effect: .live,
                "The time within which the rollout must get on."),
            SchemaField("rollback", .object(rollback), effect: .live, "What follows a failed rollout."),
            SchemaField(
                "canary", .object(canary), effect: .live, "Which replicas go first, and for how long."),
        ])

    static let canary = ObjectSchema(
        "canary",
        [
            SchemaField(
                "replicas", .integer(1...replicasMax), default: "1", effect: .live,
                "How many replicas get the new spec first."),
            SchemaField(
                "hold", .duration(.zero...PolicySchema.day), default: "10m", effect: .live,
                "How long they must be healthy before the rest follow, maxUnavailable at a time."),
        ])

    static let rollback = ObjectSchema(
        "rollback",
        [
            SchemaField(
                "automatic", .boolean, default: "true", effect: .live,
                "Whether the last known good spec comes back by itself.")
        ])
}
