import Manifests

/// Collects what a Schedule says, as fields with places. What has its default is left out, as in the fields
/// of an Instance: a later version that knows more must compute the same hash.
struct ScheduleFields {
    private var fields: [SpecField] = []
    private let source: DeclarationSource

    static func all(
        of schedule: ScheduleDeclaration, _ action: DesiredSchedule.Action
    ) -> (fields: [SpecField], hash: SpecHash) {
        var result = ScheduleFields(source: schedule.source)
        result.addTrigger(schedule.trigger)
        result.addTimes(schedule)
        result.addPolicies(schedule)
        result.addAction(action)
        result.fields.sort { $0.path < $1.path }
        var hash = SHA256()
        for field in result.fields {
            hash.updateFramed(field.path)
            hash.updateFramed(field.value)
        }
        return (result.fields, SpecHash(hex: hash.finish()))
    }

    private init(source: DeclarationSource) { self.source = source }

    private mutating func add(_ path: String, _ value: String, usual: String? = nil) {
        guard value != usual else { return }
        fields.append(SpecField(path: path, value: value, effect: .live, place: source.location(of: path)))
    }

    private mutating func add(_ path: String, _ value: Duration?, usual: Duration? = nil) {
        guard let value, value != usual else { return }
        add(path, value.declared)
    }

    private mutating func add(_ path: String, _ value: Int, usual: Int) {
        if value != usual { add(path, String(value)) }
    }

    // MARK: When

    private mutating func addTrigger(_ trigger: ScheduleTrigger) {
        let path = "spec.trigger."
        switch trigger {
        case .cron(let expression): add(path + "cron", expression.text)
        case .calendar(let expression): add(path + "calendar", expression.text)
        case .interval(let interval, let anchor):
            add(path + "interval", interval)
            if anchor != 0 { add(path + "anchor", Timestamps.text(anchor)) }
        case .event(.instance(let name, let phase)):
            add(path + "event.instance", name)
            add(path + "event.phase", phase.rawValue)
        case .event(.schedule(let name, let outcome)):
            add(path + "event.schedule", name)
            add(path + "event.outcome", outcome.rawValue)
        case .path(let trigger):
            let usual = PathTrigger(glob: trigger.glob)
            add(path + "path.glob", trigger.glob)
            add(path + "path.debounce", trigger.debounce, usual: usual.debounce)
            add(path + "path.settle", trigger.settle, usual: usual.settle)
        case .manual: add(path + "manual", "true")
        }
    }

    private mutating func addTimes(_ schedule: ScheduleDeclaration) {
        let dst = ClockChangePolicy()
        add("spec.timezone", schedule.timezone, usual: "UTC")
        add("spec.dst.gap", schedule.dst.gap.rawValue, usual: dst.gap.rawValue)
        add("spec.dst.overlap", schedule.dst.overlap.rawValue, usual: dst.overlap.rawValue)
        add("spec.startingDeadline", schedule.startingDeadline)
        add("spec.jitter", schedule.jitter, usual: .zero)
        guard let window = schedule.window else { return }
        let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        let open = window.days.sorted().map { days[$0] }.joined(separator: " ")
        add("spec.window.days", open, usual: "")
        add("spec.window.from", Timestamps.text(minutes: window.from))
        add("spec.window.to", window.to == 0 ? "24:00" : Timestamps.text(minutes: window.to))
    }

    // MARK: How

    private mutating func addPolicies(_ schedule: ScheduleDeclaration) {
        let catchUp = CatchUpPolicy()
        add("spec.catchUp.policy", schedule.catchUp.policy.rawValue, usual: catchUp.policy.rawValue)
        add("spec.catchUp.max", schedule.catchUp.max, usual: catchUp.max)
        let concurrency = ConcurrencyPolicy.usual(for: schedule.trigger)
        add(
            "spec.concurrency.policy", schedule.concurrency.policy.rawValue,
            usual: concurrency.policy.rawValue)
        add("spec.concurrency.max", schedule.concurrency.max, usual: concurrency.max)
        add("spec.suspend", "\(schedule.suspend)", usual: "false")
        add("spec.runNonce", "\"\(schedule.runNonce)\"", usual: "\"\"")
        add("spec.timeout", schedule.timeout)
        let retries = RetryPolicy()
        add("spec.retries.max", schedule.retries.max, usual: retries.max)
        add("spec.retries.backoff.initial", schedule.retries.initial, usual: retries.initial)
        add("spec.retries.backoff.factor", "\(schedule.retries.factor)", usual: "\(retries.factor)")
        add("spec.retries.backoff.max", schedule.retries.longest, usual: retries.longest)
        let codes = schedule.successExitCodes.sorted().map(String.init).joined(separator: " ")
        add("spec.successExitCodes", codes, usual: "")
        let history = RunHistoryPolicy()
        add("spec.history.keep", schedule.history.keep, usual: history.keep)
        add("spec.history.keepFailed", schedule.history.keepFailed, usual: history.keepFailed)
        add("spec.history.maxAge", schedule.history.maxAge, usual: history.maxAge)
        add("spec.dependsOn", schedule.dependsOn.text, usual: "")
    }

    // MARK: What

    private mutating func addAction(_ action: DesiredSchedule.Action) {
        switch action {
        case .signal(let instance, let signal):
            add("spec.action.signal.instance", instance)
            add("spec.action.signal.signal", signal.name)
        case .restart(let instance): add("spec.action.restart.instance", instance)
        case .run(let spec, _):
            for var field in spec.wrappedValue.fields where !field.path.hasPrefix("spec.restart.") {
                field.path = Self.scheduled(field.path)
                field.effect = .live
                fields.append(field)
            }
        }
    }

    /// Where a field of what is run stands in the Schedule.
    private static func scheduled(_ path: String) -> String {
        let moved = ["spec.unit", "spec.args"].contains(path) || path.hasPrefix("spec.config.")
        // How a config is applied is the Unit's, and begins with `unit.`.
        return moved ? "spec.action.run." + path.dropFirst("spec.".count) : path
    }
}
