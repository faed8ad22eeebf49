/// What must go together within one Schedule.
struct ScheduleRules {
    let schedule: ScheduleDeclaration
    let spec: CheckedObject

    func check(_ decoder: inout SchemaDecoder) {
        checkAction(&decoder)
        checkTrigger(&decoder)
        checkBounds(&decoder)
        checkTimes(&decoder)
    }

    // MARK: What belongs to what

    private static let ofRuns = [
        "configFrom", "secrets", "timeout", "retries", "successExitCodes", "concurrency", "stop", "resources",
        "sandbox", "logging",
    ]

    /// A signal is sent, or a restart asked for, in a moment: there is no process that these could be of.
    private func checkAction(_ decoder: inout SchemaDecoder) {
        let name: String
        switch schedule.action {
        case .run: return
        case .signal: name = "signal"
        case .restart: name = "restart"
        }
        for key in Self.ofRuns where spec.has(key) {
            decoder.report(
                .scheduleAction, decoder.mark(of: "spec.\(key)"),
                "'\(key)' has no meaning for action.\(name)", help: "remove it: it is for action.run")
        }
    }

    private func checkTrigger(_ decoder: inout SchemaDecoder) {
        func refuse(_ keys: [String], _ wanted: String) {
            for key in keys where spec.has(key) {
                decoder.report(
                    .scheduleTrigger, decoder.mark(of: "spec.\(key)"),
                    "'\(key)' has no meaning for this trigger", help: "remove it: it is for \(wanted)")
            }
        }
        switch schedule.trigger {
        case .cron, .calendar: break
        case .interval: refuse(["dst"], "cron and calendar")
        case .event, .path, .manual:
            refuse(["dst"], "cron and calendar")
            refuse(["catchUp", "jitter"], "cron, calendar and interval")
        }
        let isByCalendar =
            switch schedule.trigger {
            case .cron, .calendar: true
            default: false
            }
        if !isByCalendar, schedule.window == nil { refuse(["timezone"], "cron, calendar and window") }
    }

    // MARK: Bounds

    private func checkBounds(_ decoder: inout SchemaDecoder) {
        if spec.object("catchUp")?.has("max") == true, schedule.catchUp.policy != .all {
            decoder.report(
                .schedulePolicy, decoder.mark(of: "spec.catchUp.max"),
                "max belongs to the policy all, and this one is \(schedule.catchUp.policy.rawValue)",
                help: "remove max, or write policy: all")
        }
        if schedule.catchUp.policy == .all, schedule.trigger.isQuick,
            schedule.catchUp.max > ScheduleSchema.quickCatchUpMax
        {
            decoder.report(
                .schedulePolicy, decoder.mark(of: "spec.catchUp.max"),
                "\(schedule.catchUp.max) firings would be made up for of what fires more often than once a"
                    + " minute",
                help: "write max: \(ScheduleSchema.quickCatchUpMax) or less, or policy: last")
        }
        let policy = schedule.concurrency.policy
        if spec.object("concurrency")?.has("max") == true, policy != .allow, policy != .queue {
            decoder.report(
                .schedulePolicy, decoder.mark(of: "spec.concurrency.max"),
                "max belongs to the policies allow and queue, and this one is \(policy.rawValue)",
                help: "remove max, or write policy: queue")
        }
    }

    // MARK: Times

    private func checkTimes(_ decoder: inout SchemaDecoder) {
        let deadline = spec.isInvalid("startingDeadline") ? nil : schedule.startingDeadline
        let jitter = spec.isInvalid("jitter") ? .zero : schedule.jitter
        func shown(_ duration: Duration) -> String { Quantities.text(duration) }
        if let deadline, jitter >= deadline {
            decoder.report(
                .schedulePolicy, decoder.mark(of: "spec.startingDeadline"),
                "startingDeadline \(shown(deadline)) is not longer than jitter \(shown(jitter)): most starts"
                    + " would be too late", help: "make startingDeadline longer, or jitter shorter")
        }
        guard case .interval(let interval, _) = schedule.trigger else { return }
        if jitter > .zero, jitter >= interval {
            decoder.report(
                .schedulePolicy, decoder.mark(of: "spec.jitter"),
                "jitter \(shown(jitter)) is not shorter than the interval \(shown(interval))",
                help: "make it shorter: each firing has to come before the next one")
        }
        if let deadline, deadline > interval, schedule.catchUp.policy == .all {
            decoder.report(
                .scheduleTiming, decoder.mark(of: "spec.startingDeadline"),
                "startingDeadline \(shown(deadline)) is longer than the interval \(shown(interval)): a start"
                    + " that is made up for may come after later ones",
                help: "write startingDeadline: \(shown(interval)) or less, or catchUp: {policy: last}")
        }
    }
}

extension ScheduleTrigger {
    /// It fires more often than once a minute, as far as its text tells.
    fileprivate var isQuick: Bool {
        switch self {
        case .interval(let interval, _): return interval < .seconds(60)
        case .cron(let expression):
            let fields = expression.text.split { $0 == " " || $0 == "\t" }
            return fields.count == 6 && Self.isSeveral(fields[0])
        case .calendar(let expression):
            guard let time = expression.text.split(separator: " ").last(where: { $0.contains(":") }) else {
                return false
            }
            let parts = time.split(separator: ":")
            return parts.count == 3 && Self.isSeveral(parts[2])
        case .event, .path, .manual: return false
        }
    }

    private static func isSeveral(_ field: Substring) -> Bool {
        field.utf8.contains { "*,-/~".utf8.contains($0) } || field.contains("..")
    }
}
