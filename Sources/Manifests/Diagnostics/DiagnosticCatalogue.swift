/// What the catalogue says of one code.
struct DiagnosticCatalogueEntry {
    var severity: Diagnostic.Severity
    var summary: String
    var remedy: String

    init(_ severity: Diagnostic.Severity, _ summary: String, _ remedy: String) {
        self.severity = severity
        self.summary = summary
        self.remedy = remedy
    }
}

extension DiagnosticCode {
    /// The catalogue: severity, summary and remedy of every code.
    var entry: DiagnosticCatalogueEntry {
        switch self {
        case .notUTF8:
            .init(.error, "A file is not UTF-8 text.", "save the file as UTF-8")
        case .byteOrderMark:
            .init(
                .error, "A file begins with a byte order mark.",
                "save the file as UTF-8 without a byte order mark")
        case .yamlSyntax:
            .init(.error, "Text that is not YAML.", "check indentation, colons and quotes at this place")
        case .tabIndentation:
            .init(
                .error, "A tab where YAML wants spaces.",
                "indent with spaces; YAML does not allow tabs there")
        case .documentTooLarge:
            .init(.error, "A document or file beyond its bound.", "split it into several documents or files")
        case .tooManyDocuments:
            .init(
                .error, "More documents than a source may hold.",
                "split the source into several repositories or paths")
        case .nestingTooDeep:
            .init(.error, "Mappings and lists nested beyond the bound.", "flatten the document")
        case .aliasExpansion:
            .init(
                .error, "Aliases that stand for too many nodes.",
                "write the values out, or move them to a configFrom file")
        case .unknownAlias:
            .init(
                .error, "An alias whose anchor is not there, or not complete.",
                "define the anchor (&name) before the alias (*name), in the same document")
        case .mergeKey:
            .init(
                .error, "The YAML 1.1 merge key `<<`.",
                "write the keys out, or share them with configFrom; merge keys are no part of YAML 1.2")
        case .unsupportedTag:
            .init(.error, "A tag beyond the core schema.", "remove the tag; types follow from the schema")
        case .duplicateKey:
            .init(.error, "A key that stands twice in one mapping.", "keep one of the two")
        case .invalidKey:
            .init(.error, "A key that is not a plain string.", "write the key as a string")
        case .notADeclaration:
            .init(
                .error, "A document that is not a mapping with apiVersion and kind.",
                "every YAML file is a declaration, unless a configFrom names it or .plumbignore "
                    + "leaves it out")
        case .unknownAPIVersion:
            .init(.error, "An apiVersion that this version does not know.", "write apiVersion: plumb.dev/v1")
        case .unknownKind:
            .init(
                .error, "A kind that this version does not know.",
                "the kinds are Unit, Instance, Schedule and Plugin")
        case .missingField:
            .init(.error, "A required field is not there.", "add the field")
        case .unknownKey:
            .init(.error, "A key that the schema does not have.", "remove it; `plumb explain` lists the keys")
        case .emptyValue:
            .init(.error, "A key without a value.", "give it a value, or remove the key")
        case .wrongType:
            .init(.error, "A value of the wrong type.", "write a value of the type that the field wants")
        case .requiresNewerPlumb:
            .init(.error, "The document requires another version of Plumb.", "upgrade Plumb on this host")
        case .notYetSupported:
            .init(
                .error, "A field or value that this version does not act on yet.",
                "remove it; it would have no effect")
        case .notYetActedOn:
            .init(
                .warning, "A kind that is checked, and not acted on yet.",
                "it takes effect with a later version of Plumb")
        case .invalidName:
            .init(
                .error, "A name that is no DNS-1123 label.",
                "use lower-case letters, digits and '-', beginning and ending with a letter "
                    + "or digit, at most 63")
        case .invalidValue:
            .init(
                .error, "A value that the field does not allow.",
                "see `plumb explain` for what the field takes")
        case .outOfRange:
            .init(
                .error, "A number, duration, size or count beyond its bounds.",
                "choose a value within the bounds")
        case .invalidDuration:
            .init(
                .error, "Text that is no duration.",
                "write numbers with units, the largest first: 500ms, 30s, 1m30s, 2h, 1d")
        case .invalidSize:
            .init(
                .error, "Text that is no size.",
                "write bytes, or a number with a unit: 512Ki, 64Mi, 1Gi (powers of 1024), "
                    + "10M (powers of 1000)")
        case .invalidQuantity:
            .init(
                .error, "Text that is no CPU quantity.",
                "write cores (0.5, 2) or thousandths of a core (500m)")
        case .invalidPort:
            .init(
                .error, "Text that is no port.",
                "write a port from 1 to 65535, or one for each replica: 8080+index")
        case .invalidVersion:
            .init(
                .error, "Text that is no semantic version.",
                "write three numbers, as in 1.4.2 or 1.5.0-rc.1")
        case .invalidRange:
            .init(
                .error, "Text that is no range of versions.",
                "write a range as in ^1.4, ~1.4.2, >=1.2 <2, 1.2 - 1.9, 1.x or *")
        case .invalidSignal:
            .init(
                .error, "Text that names no signal, or one that does not fit here.",
                "write a Linux signal by name, as in SIGTERM or SIGHUP")
        case .invalidPath:
            .init(
                .error, "A path that is absolute, leaves the source or cannot be a path.",
                "write a path relative to the source path, without '..' that leaves it")
        case .invalidPattern:
            .init(.error, "A pattern that is no regular expression.", "correct the regular expression")
        case .invalidTime:
            .init(
                .error, "Text that is no point in time, or no time of day.",
                "write a point in time as in 2026-01-01T00:00:00Z, a time of day as in 06:30")
        case .invalidCalendar:
            .init(
                .error, "A cron or calendar expression that says no time.",
                "write five fields of cron as in 0 3 * * *, or a calendar expression as in Mon..Fri 03:00")
        case .unknownPort:
            .init(
                .error, "A probe names an endpoint that the Unit does not have.",
                "name one of the Unit's endpoints")
        case .probeCheck:
            .init(
                .error, "A probe without a check, with several, or with parts that do not belong together.",
                "give each probe exactly one of tcp, http, exec, grpc and heartbeat")
        case .deadlineOrder:
            .init(
                .error, "Deadlines of an update in the wrong order.",
                "keep minHealthyTime < healthyDeadline < progressDeadline")
        case .canaryWithoutStrategy:
            .init(
                .error, "Steps of a canary beside another strategy.",
                "write strategy: canary, or leave canary out")
        case .updateStrategy:
            .init(
                .error, "Parts of an update that do not go together.",
                "`plumb explain instance.spec.update` says what belongs to which strategy")
        case .surgeConflict:
            .init(
                .error, "Two runs of a replica at once, of something of which there can be one.",
                "replace replicas in their places: strategy: rolling without maxSurge")
        case .backoffOrder:
            .init(.error, "A backoff whose first delay is beyond its cap.", "keep initial at most max")
        case .oneshotPolicy:
            .init(
                .error, "A policy that makes no sense for a oneshot.",
                "a oneshot ends by itself: use restart.policy on-failure or never, and no readiness probe")
        case .reloadNeedsFile:
            .init(
                .error, "A reload signal without a config file to read again.",
                "set config.apply.method: file, or remove reload")
        case .stopSteps:
            .init(
                .error, "A stop step without an action or with several, or steps beside the short form.",
                "give each step exactly one of closeInput, command and signal, "
                    + "and write either steps or signal and grace")
        case .inputNeeded:
            .init(
                .error, "A stop step that closes the standard input of a process which has none.",
                "set entry.stdin: pipe in the Unit, or remove the step")
        case .listenAddress:
            .init(
                .error, "An address for a port that Plumb does not open.",
                "set listen: true, or leave the address to the program")
        case .heldPortProbe:
            .init(
                .error, "A TCP probe of a port that Plumb holds: it always answers.",
                "ask the program itself, by an http or exec check")
        case .storeNeedsNotify:
            .init(
                .error, "A store for descriptors, and no socket over which they could come.",
                "set entry.notify: true, or remove fileDescriptorStoreMax")
        case .duplicateItem:
            .init(.error, "Something that may stand only once in a list.", "keep one of the two")
        case .fixedPortReplicas:
            .init(
                .error, "One fixed port for several replicas.",
                "give each replica its own port: 8080+index")
        case .portConflict:
            .init(
                .warning, "Two runs that may want the same port of one node.",
                "give them different ports, or different nodes")
        case .sandboxConflict:
            .init(
                .error, "Sandbox fields that contradict each other, or what the process is for.",
                "loosen one field or the other; `plumb explain unit.spec.sandbox` lists them")
        case .scheduleTrigger:
            .init(
                .error, "A Schedule without a trigger, with several, or with parts of another one.",
                "give it exactly one of cron, calendar, interval, event, path and manual")
        case .scheduleAction:
            .init(
                .error, "A Schedule without an action, with several, or with what it has no use for.",
                "give it exactly one of run, signal and restart")
        case .schedulePolicy:
            .init(
                .error, "Policies of a Schedule that do not go together.",
                "`plumb explain schedule.spec` says what belongs to what")
        case .scheduleTiming:
            .init(
                .warning, "Times of a Schedule that are valid, and hardly meant so.",
                "compare the times, and `plumb forecast`")
        case .duplicateName:
            .init(.error, "Two declarations of one kind and name.", "rename or remove one of them")
        case .duplicateVersion:
            .init(
                .error, "Two versions of a Unit that differ in build metadata alone.",
                "give one of them another version; build metadata is no part of a version's identity")
        case .unknownUnit:
            .init(
                .error, "An Instance of a Unit that is not declared.",
                "declare the Unit, or correct the name")
        case .noMatchingVersion:
            .init(
                .error, "No declared version of the Unit fits the reference.",
                "declare a version that fits, or widen the range")
        case .unknownInstance:
            .init(
                .error, "A reference to an Instance that is not declared.",
                "declare the Instance, or correct the name")
        case .unknownSchedule:
            .init(
                .error, "A trigger by a Schedule that is not declared.",
                "declare the Schedule, or correct the name")
        case .notOneshot:
            .init(
                .error, "A Schedule that would run a program which is not meant to end.",
                "write profile: oneshot in the Unit, or use action.restart for an Instance")
        case .triggerCycle:
            .init(
                .error, "Schedules that set one another off for ever.",
                "give one of them another trigger")
        case .selfDependency:
            .init(.error, "An Instance that depends on itself.", "remove the dependency")
        case .dependencyCycle:
            .init(
                .error, "Instances that depend on one another in a circle.",
                "remove one of the dependencies")
        case .neverCompletes:
            .init(
                .warning, "A dependency waits for a process that is not meant to end.",
                "wait for `ready`, or make the Unit a oneshot")
        case .unknownConfigField:
            .init(
                .error, "A config field that the Unit does not have.",
                "remove it, or declare it in the Unit's config.fields")
        case .missingConfigField:
            .init(
                .error, "A required config field without a value.",
                "set it in config or in a configFrom file, or give it a default in the Unit")
        case .configType:
            .init(
                .error, "A config value of another type than the Unit declares.",
                "write a value of the declared type")
        case .configBounds:
            .init(
                .error, "A config value beyond the bounds that the Unit declares.",
                "choose a value within the bounds")
        case .configPattern:
            .init(
                .error, "A config value that does not match the Unit's pattern.",
                "write a value that matches the pattern")
        case .configEnum:
            .init(
                .error, "A config value that is none of those the Unit allows.",
                "choose one of the allowed values")
        case .configSchema:
            .init(.error, "A Unit's config field that contradicts itself.", "correct the field's declaration")
        case .plainSecret:
            .init(
                .error, "A plain value where only a secret reference may stand.",
                "reference a file of the host's secret directory: {file: name}")
        case .secretPlacement:
            .init(
                .error, "A secret field where its value would be written down.",
                "keep secret fields at the top level of config, with config.apply.method: env")
        case .variableClash:
            .init(
                .error, "One environment variable from two sources.",
                "rename one of them, or set config.apply.prefix")
        case .reservedVariable:
            .init(
                .error, "A variable that Plumb itself sets.",
                "choose a name that does not begin with PLUMB_ or STDIOLINK_")
        case .configFileMissing:
            .init(
                .error, "A configFrom file that is not in the source.",
                "commit the file, or correct the path; paths are relative to the source path")
        case .configFileShape:
            .init(
                .error, "A configFrom file whose root is not one mapping.",
                "make the file one mapping of config fields")
        case .configFileIsDeclaration:
            .init(
                .error, "A configFrom file that is itself a declaration.",
                "move the config values to a file of their own")
        case .unreadableFile:
            .init(
                .error, "A file of the source that could not be read.",
                "check the repository with git fsck; nothing is concluded from a file that is not known")
        case .lfsPointer:
            .init(
                .error, "A Git LFS pointer where a file's contents are needed.",
                "commit the file itself; LFS objects are not fetched")
        case .symbolicLink:
            .init(
                .error,
                "A symbolic link that leaves the source or the package, or stands where a file is needed.",
                "replace the link by the file itself")
        case .submodule:
            .init(
                .error, "A submodule where a file or directory is needed.",
                "commit the files themselves; submodules are not fetched")
        case .artifactMissing:
            .init(
                .error, "An artifact that is neither a directory nor an archive of the source.",
                "commit it, or correct the path; paths are relative to the source path")
        case .artifactContainsUnit:
            .init(
                .error, "An artifact's directory that holds the Unit which takes it.",
                "move the declaration out of the artifact's directory, or the program's "
                    + "files into a directory of their own")
        case .invalidArtifact:
            .init(
                .error, "An artifact that cannot be had from where it is said to be.",
                "write a path of the repository, file:///path or https://host/path")
        case .artifactDigest:
            .init(
                .error,
                "An artifact from outside the repository without its digest, or a digest of a directory.",
                "give sha256 for every archive that is not in the repository")
        }
    }
}
