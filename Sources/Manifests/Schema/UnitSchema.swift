/// The table of the kind Unit.
enum UnitSchema {
    static let endpointsMax = 64
    static let configFieldsMax = 256
    static let variablesMax = 1_024
    static let argumentsMax = 1_024
    static let textLengthMax: Int64 = 1 << 20
    static let storedMax: Int64 = 128

    static let document = EnvelopeSchema.document(.unit, spec: .object(spec))

    static let spec = ObjectSchema(
        "the spec of a Unit",
        [
            SchemaField(
                "version", .version, required: true, effect: .restart,
                "The program's semantic version; several versions may be declared side by side."),
            SchemaField(
                "type",
                .enumeration([.init("process"), .init("service", later: true), .init("driver", later: true)]),
                default: "process", effect: .restart, "What kind of program it is."),
            SchemaField(
                "profile", .choices(Profile.self), default: "keepalive", effect: .restart,
                "Whether the process is meant to go on (keepalive) or to end (oneshot)."),
            SchemaField(
                "artifact", .object(artifact), effect: .restart, "Where the program's files come from."),
            SchemaField(
                "entry", .object(entry), required: true, effect: .restart, "How the program is started."),
            SchemaField(
                "env", .map(keys: .variable, values: .text(.any), max: variablesMax), effect: .restart,
                "Environment variables."),
            SchemaField(
                "endpoints", .list(.object(endpoint), 0...endpointsMax), effect: .restart,
                "Ports that the program serves; exported as PLUMB_PORT_<NAME>."),
            SchemaField(
                "config", .object(config), effect: .restart, "The fields of the program's configuration."),
            SchemaField(
                "reload", .object(reload), effect: .live,
                "How the program is told that its config file has changed."),
        ] + PolicySchema.fields)

    static let artifact = ObjectSchema(
        "artifact",
        [
            SchemaField(
                "source", .string(.any), required: true, effect: .restart,
                "A directory or an archive of the repository, relative to the source path; file:///path;"
                    + " https://host/path."),
            SchemaField(
                "format", .choices(Artifact.Format.self), effect: .restart,
                "How the files are packed; by default as the source's name ends, else dir."),
            SchemaField(
                "sha256", .text(.sha256), effect: .restart,
                "The digest of an archive; required for one that is not in the repository."),
        ])

    static let entry = ObjectSchema(
        "entry",
        [
            SchemaField(
                "command", .string(.command), required: true, effect: .restart,
                "The program: absolute, relative to the package, or found in PATH."),
            SchemaField(
                "args", .list(.text(.any), 0...argumentsMax), effect: .restart, "Arguments of the program."),
            SchemaField(
                "workingDir", .string(.runPath), effect: .restart,
                "The working directory; relative to the package, or without one to the run's workspace."),
            SchemaField("user", .text(.account), effect: .restart, "The user that the process runs as."),
            SchemaField(
                "group", .text(.account), effect: .restart, "The group; by default the user's own."),
            SchemaField(
                "umask", .umask, default: "0022", effect: .restart, "The file mode creation mask, quoted."),
            SchemaField(
                "stdin", .choices(StandardInput.self), default: "none", effect: .restart,
                "Standard input: none, or a pipe that stays open until a stop step closes it."),
            SchemaField(
                "notify", .boolean, default: "false", effect: .restart,
                "Gives the program a NOTIFY_SOCKET as systemd does: READY=1, WATCHDOG=1, STATUS= and more."
            ),
            SchemaField(
                "fileDescriptorStoreMax", .integer(0...storedMax), default: "0", effect: .restart,
                "How many descriptors a run may leave for the next one (FDSTORE=1); needs notify."),
        ])

    static let endpoint = ObjectSchema(
        "an endpoint",
        [
            SchemaField(
                "name", .string(.name), required: true, effect: .restart, "The endpoint's name."),
            SchemaField(
                "protocol", .choices(EndpointProtocol.self), default: "tcp", effect: .restart,
                "What is spoken there."),
            SchemaField(
                "port", .port, required: true, effect: .restart,
                "The port: N, or N+index where replica 0 gets N, replica 1 N+1."),
            SchemaField(
                "listen", .boolean, default: "false", effect: .restart,
                "Whether Plumb holds the port, and passes it to the runs (LISTEN_FDS)."),
            SchemaField(
                "address", .text(.address), effect: .restart,
                "The numeric address that a held port is bound to; by default all of the host."),
            SchemaField(
                "labels", .map(keys: .labelKey, values: .text(.labelValue), max: EnvelopeSchema.labelsMax),
                effect: .live, "Short facts to select by."),
        ])

    static let reload = ObjectSchema(
        "reload",
        [
            SchemaField(
                "signal", .signal(catchable: true), required: true, effect: .live,
                "The signal that makes the program read its config file again.")
        ])

    static let config = ObjectSchema(
        "config",
        [
            SchemaField(
                "fields", .list(.object(configField), 0...configFieldsMax), effect: .restart,
                "The fields that a configuration may have."),
            SchemaField(
                "apply", .object(apply), effect: .restart, "How the configuration reaches the program."),
        ])

    static let apply = ObjectSchema(
        "config.apply",
        [
            SchemaField(
                "method", .choices(ConfigApply.Method.self), default: "env", effect: .restart,
                "One variable a field, one argument a field, or one file."),
            SchemaField(
                "prefix", .string(.variablePrefix), default: "", effect: .restart,
                "Before each variable's name (method env)."),
            SchemaField(
                "file", .string(.fileName), default: "config.json", effect: .restart,
                "The file's name (method file); by default config.json or config.yaml."),
            SchemaField(
                "format", .choices(ConfigApply.Format.self), default: "json", effect: .restart,
                "The file's format (method file)."),
        ])

    /// Nested fields are of the same shape: the table holds itself, as deep as documents may nest.
    static let configField = ObjectSchema(
        "a config field",
        [
            SchemaField(
                "name", .string(.configField), required: true, effect: .restart, "The field's name."),
            SchemaField(
                "type", .choices(ConfigField.FieldType.self), required: true, effect: .restart,
                "The value's type."),
        ] + configFieldRules)

    /// The items of an array: a field without a name.
    static let configItem = ObjectSchema(
        "config items",
        [
            SchemaField(
                "type", .choices(ConfigField.FieldType.self), required: true, effect: .restart,
                "The items' type.")
        ] + configFieldRules)

    private static let lengths = SchemaType.integer(0...textLengthMax)

    private static let configFieldRules: [SchemaField] = [
        SchemaField(
            "required", .boolean, default: "false", effect: .none, "Whether a value must be given."),
        SchemaField("default", .anyValue, effect: .restart, "The value where an Instance gives none."),
        SchemaField("min", .number(-1e300...1e300), effect: .none, "The lowest number."),
        SchemaField("max", .number(-1e300...1e300), effect: .none, "The highest number."),
        SchemaField("minLength", lengths, effect: .none, "The fewest characters, or items of an array."),
        SchemaField("maxLength", lengths, effect: .none, "The most characters, or items of an array."),
        SchemaField(
            "pattern", .string(.pattern), effect: .none,
            "A regular expression that the whole text must match."),
        SchemaField("enum", .list(.anyValue, 1...1_024), effect: .none, "The only values that are allowed."),
        SchemaField(
            "items", .reference("configItem", { UnitSchema.configItem }), effect: .none,
            "What an array's items are: type and bounds."),
        SchemaField(
            "fields", .list(.reference("configField", { UnitSchema.configField }), 0...configFieldsMax),
            effect: .none,
            "The fields of an object; without them any key may stand there."),
        SchemaField(
            "secret", .boolean, default: "false", effect: .restart,
            "Whether the value is a secret, which an Instance may only reference: {file: name}."),
        SchemaField("doc", .string(.any), effect: .none, "One line for people."),
    ]
}
