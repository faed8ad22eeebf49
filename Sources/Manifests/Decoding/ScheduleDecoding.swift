/// A checked `spec` of a Schedule → `ScheduleDeclaration`, and the rules within one Schedule.
struct ScheduleDecoding {
    let spec: CheckedObject
    let source: DeclarationSource
    var decoder: SchemaDecoder

    /// nil where the name, the trigger or the action is missing; every other mistake is reported as well.
    mutating func declaration(_ metadata: Metadata?) -> ScheduleDeclaration? {
        let trigger = readTrigger(of: metadata?.name)
        let action = readAction()
        let dependencies = decoder.dependencies(spec, of: nil)
        let overrides = decoder.policies(ofRun: spec)
        let secrets = decoder.secretFiles(spec)
        let window = window()
        let retries = retries()
        guard let metadata, let trigger, let action else { return nil }
        var result = ScheduleDeclaration(metadata: metadata, trigger: trigger, action: action, source: source)
        result.timezone = spec.string("timezone") ?? result.timezone
        let dst = spec.object("dst")
        result.dst = ClockChangePolicy(
            gap: dst?.choice("gap") ?? .runAtEnd, overlap: dst?.choice("overlap") ?? .once)
        result.startingDeadline = spec.duration("startingDeadline")
        result.jitter = spec.duration("jitter") ?? .zero
        let catchUp = spec.object("catchUp")
        result.catchUp = CatchUpPolicy(
            policy: catchUp?.choice("policy") ?? .last, max: catchUp?.integer("max") ?? 100)
        let concurrency = spec.object("concurrency")
        let usual = ConcurrencyPolicy.usual(for: trigger)
        result.concurrency = ConcurrencyPolicy(
            policy: concurrency?.choice("policy") ?? usual.policy,
            max: concurrency?.integer("max") ?? usual.max)
        result.window = window
        result.suspend = spec.bool("suspend") ?? false
        result.runNonce = spec.string("runNonce") ?? ""
        result.timeout = spec.duration("timeout")
        result.retries = retries
        result.successExitCodes = successExitCodes()
        result.history = history()
        result.dependsOn = dependencies
        result.nodes = spec.nodeSelection
        result.configFrom = InstanceDecoding.configFrom(spec)
        result.secrets = secrets
        result.overrides = overrides
        ScheduleRules(schedule: result, spec: spec).check(&decoder)
        return result
    }

    // MARK: Policies

    private mutating func retries() -> RetryPolicy {
        var policy = RetryPolicy()
        guard let object = spec.object("retries") else { return policy }
        policy.max = object.integer("max") ?? policy.max
        if let backoff = object.object("backoff") {
            policy.initial = backoff.duration("initial") ?? policy.initial
            policy.factor = backoff.number("factor") ?? policy.factor
            policy.longest = backoff.duration("max") ?? policy.longest
        }
        if policy.initial > policy.longest {
            decoder.report(
                .backoffOrder, decoder.mark(of: "spec.retries.backoff.initial"),
                "initial is \(Quantities.text(policy.initial)) and max \(Quantities.text(policy.longest))")
        }
        return policy
    }

    private mutating func successExitCodes() -> [Int32] {
        var result: [Int32] = []
        for (index, value) in spec.list("successExitCodes").enumerated() {
            guard case .int(let code) = value else { continue }
            if result.contains(Int32(code)) {
                decoder.report(
                    .duplicateItem, decoder.mark(of: "spec.successExitCodes[\(index)]"),
                    "\(code) stands twice in successExitCodes")
            }
            result.append(Int32(code))
        }
        return result
    }

    private func history() -> RunHistoryPolicy {
        let (object, usual) = (spec.object("history"), RunHistoryPolicy())
        return RunHistoryPolicy(
            keep: object?.integer("keep") ?? usual.keep,
            keepFailed: object?.integer("keepFailed") ?? usual.keepFailed,
            maxAge: object?.duration("maxAge") ?? usual.maxAge)
    }

    private mutating func window() -> RunWindow? {
        guard let object = spec.object("window") else { return nil }
        if !object.has("days"), !object.has("from"), !object.has("to") {
            decoder.report(
                .missingField, decoder.mark(of: "spec.window"), "a window needs 'days', 'from' or 'to'",
                help: "say when it is open, as in {from: \"22:00\", to: \"06:00\"}, or remove window")
        }
        var days: Set<Int> = []
        let words = ScheduleSchema.Weekday.allCases.map(\.rawValue)
        for (index, word) in object.strings("days").enumerated() {
            guard let day = words.firstIndex(of: word) else { continue }
            if !days.insert(day).inserted {
                decoder.report(
                    .duplicateItem, decoder.mark(of: "spec.window.days[\(index)]"),
                    "'\(word)' stands twice in days")
            }
        }
        return RunWindow(days: days, from: object.integer("from") ?? 0, to: object.integer("to") ?? 0)
    }
}

extension SchemaDecoder {
    /// The blocks of a Unit that a Schedule may replace.
    mutating func policies(ofRun spec: CheckedObject) -> PolicyBlocks {
        PolicyBlocks(
            stop: spec.object("stop").map { stop($0) },
            resources: spec.object("resources").map(Self.resources),
            sandbox: spec.object("sandbox").map { sandbox($0) },
            logging: spec.object("logging").map(Self.logging))
    }
}
