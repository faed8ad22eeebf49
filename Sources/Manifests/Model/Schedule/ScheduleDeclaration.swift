/// Work that starts by the clock, by what happens, or by a commit.
package struct ScheduleDeclaration: Sendable {
    package var metadata: Metadata
    package var trigger: ScheduleTrigger
    /// An IANA name such as `Europe/Berlin`; decides what `cron` and `calendar` mean. `UTC` where nothing is
    /// declared.
    package var timezone: String
    package var dst: ClockChangePolicy
    /// A start that would be later than this after its nominal time is not made; nil: however late.
    package var startingDeadline: Duration?
    package var catchUp: CatchUpPolicy
    /// Each firing is put off by a part of this, the same for the same nominal time.
    package var jitter: Duration
    package var concurrency: ConcurrencyPolicy
    /// nil: at any time of the day.
    package var window: RunWindow?
    package var suspend: Bool
    /// Any change of it asks for one run now; first seen, it does nothing.
    package var runNonce: String
    package var action: ScheduleAction
    /// nil: as long as it takes.
    package var timeout: Duration?
    package var retries: RetryPolicy
    /// Beside 0.
    package var successExitCodes: [Int32]
    package var history: RunHistoryPolicy
    package var dependsOn: [Dependency]
    package var nodes: NodeSelection
    /// Relative to the source path, in the order in which they are merged.
    package var configFrom: [String]
    /// Variable → file in the host's secret directory.
    package var secrets: [String: String]
    /// Of a run: the Unit's blocks that this Schedule replaces (stop, resources, sandbox, logging).
    package var overrides: PolicyBlocks
    package var source: DeclarationSource

    package init(
        metadata: Metadata, trigger: ScheduleTrigger, action: ScheduleAction, source: DeclarationSource
    ) {
        self.metadata = metadata
        self.trigger = trigger
        timezone = "UTC"
        dst = ClockChangePolicy()
        catchUp = CatchUpPolicy()
        jitter = .zero
        concurrency = ConcurrencyPolicy()
        suspend = false
        runNonce = ""
        self.action = action
        retries = RetryPolicy()
        successExitCodes = []
        history = RunHistoryPolicy()
        dependsOn = []
        nodes = NodeSelection()
        configFrom = []
        secrets = [:]
        overrides = PolicyBlocks()
        self.source = source
    }
}

/// What is done when it fires.
package enum ScheduleAction: Sendable {
    /// A oneshot Unit; `args` come after those of its entry.
    case run(unit: UnitReference, config: [String: ConfigValue], args: [String])
    /// Every ready replica of an Instance on this host.
    case signal(instance: String, signal: Signal)
    /// An Instance, by its own update policy.
    case restart(instance: String)
}
