/// Every kind of finding. The raw value is what people search for: it never changes its meaning.
package enum DiagnosticCode: String, Sendable, Hashable, CaseIterable, Codable {
    // Bytes and YAML.
    case notUTF8 = "not-utf8"
    case byteOrderMark = "byte-order-mark"
    case yamlSyntax = "yaml-syntax"
    case tabIndentation = "tab-indentation"
    case documentTooLarge = "document-too-large"
    case tooManyDocuments = "too-many-documents"
    case nestingTooDeep = "nesting-too-deep"
    case aliasExpansion = "alias-expansion"
    case unknownAlias = "unknown-alias"
    case mergeKey = "merge-key"
    case unsupportedTag = "unsupported-tag"
    case duplicateKey = "duplicate-key"
    case invalidKey = "invalid-key"

    // Envelope.
    case notADeclaration = "not-a-declaration"
    case unknownAPIVersion = "unknown-api-version"
    case unknownKind = "unknown-kind"
    case missingField = "missing-field"
    case unknownKey = "unknown-key"
    case emptyValue = "empty-value"
    case wrongType = "wrong-type"
    case requiresNewerPlumb = "requires-newer-plumb"
    case notYetSupported = "not-yet-supported"
    case notYetActedOn = "not-yet-acted-on"

    // Values.
    case invalidName = "invalid-name"
    case invalidValue = "invalid-value"
    case outOfRange = "out-of-range"
    case invalidDuration = "invalid-duration"
    case invalidSize = "invalid-size"
    case invalidQuantity = "invalid-quantity"
    case invalidPort = "invalid-port"
    case invalidVersion = "invalid-version"
    case invalidRange = "invalid-range"
    case invalidSignal = "invalid-signal"
    case invalidPath = "invalid-path"
    case invalidPattern = "invalid-pattern"
    case invalidTime = "invalid-time"
    case invalidCalendar = "invalid-calendar"

    // Within a Unit or an Instance.
    case unknownPort = "unknown-port"
    case probeCheck = "probe-check"
    case deadlineOrder = "deadline-order"
    case canaryWithoutStrategy = "canary-without-strategy"
    case updateStrategy = "update-strategy"
    case surgeConflict = "surge-conflict"
    case backoffOrder = "backoff-order"
    case oneshotPolicy = "oneshot-policy"
    case reloadNeedsFile = "reload-needs-file"
    case stopSteps = "stop-steps"
    case inputNeeded = "input-needed"
    case listenAddress = "listen-address"
    case heldPortProbe = "held-port-probe"
    case storeNeedsNotify = "store-needs-notify"
    case duplicateItem = "duplicate-item"
    case fixedPortReplicas = "fixed-port-replicas"
    case portConflict = "port-conflict"
    case sandboxConflict = "sandbox-conflict"

    // Within a Schedule.
    case scheduleTrigger = "schedule-trigger"
    case scheduleAction = "schedule-action"
    case schedulePolicy = "schedule-policy"
    case scheduleTiming = "schedule-timing"

    // References.
    case duplicateName = "duplicate-name"
    case duplicateVersion = "duplicate-version"
    case unknownUnit = "unknown-unit"
    case noMatchingVersion = "no-matching-version"
    case unknownInstance = "unknown-instance"
    case unknownSchedule = "unknown-schedule"
    case notOneshot = "not-oneshot"
    case triggerCycle = "trigger-cycle"
    case selfDependency = "self-dependency"
    case dependencyCycle = "dependency-cycle"
    case neverCompletes = "never-completes"

    // Configuration.
    case unknownConfigField = "unknown-config-field"
    case missingConfigField = "missing-config-field"
    case configType = "config-type"
    case configBounds = "config-bounds"
    case configPattern = "config-pattern"
    case configEnum = "config-enum"
    case configSchema = "config-schema"
    case plainSecret = "plain-secret"
    case secretPlacement = "secret-placement"
    case variableClash = "variable-clash"
    case reservedVariable = "reserved-variable"
    case configFileMissing = "config-file-missing"
    case configFileShape = "config-file-shape"
    case configFileIsDeclaration = "config-file-is-declaration"

    // Files of the source.
    case unreadableFile = "unreadable-file"
    case lfsPointer = "lfs-pointer"
    case symbolicLink = "symbolic-link"
    case submodule
    case artifactMissing = "artifact-missing"
    case artifactContainsUnit = "artifact-contains-unit"
    case invalidArtifact = "invalid-artifact"
    case artifactDigest = "artifact-digest"

    package var severity: Diagnostic.Severity { entry.severity }
    /// What is wrong, in one sentence: the reference page prints it.
    package var summary: String { entry.summary }
    /// What to do, where the finding itself knows nothing better.
    package var remedy: String { entry.remedy }
}
