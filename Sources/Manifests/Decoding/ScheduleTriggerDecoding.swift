extension ScheduleDecoding {
    private static let triggers = ["cron", "calendar", "interval", "event", "path", "manual"]
    private static let actions = ["run", "signal", "restart"]

    /// nil where it was reported.
    mutating func readTrigger(of name: String?) -> ScheduleTrigger? {
        guard let object = spec.object("trigger") else { return nil }
        let written = Self.triggers.filter(object.has)
        guard written.count == 1 else {
            let found = written.isEmpty ? "none" : written.joined(separator: " and ")
            decoder.report(
                .scheduleTrigger, decoder.mark(of: "spec.trigger"),
                "a Schedule has one trigger, and this one has \(found)")
            return nil
        }
        if object.has("anchor"), written != ["interval"] {
            decoder.report(
                .scheduleTrigger, decoder.mark(of: "spec.trigger.anchor"),
                "an anchor belongs to an interval, not to \(written[0])", help: "remove it")
        }
        if case .cron(let expression)? = object["cron"] { return .cron(expression) }
        if case .calendar(let expression)? = object["calendar"] { return .calendar(expression) }
        if let interval = object.duration("interval") { return .interval(interval, anchor: anchor(object)) }
        if let event = object.object("event") { return readEvent(event, of: name).map { .event($0) } }
        if let path = object.object("path") { return self.path(path) }
        guard let manual = object.bool("manual") else { return nil }
        if !manual {
            decoder.report(
                .scheduleTrigger, decoder.mark(of: "spec.trigger.manual"), "manual: false is no trigger",
                help: "write manual: true, or another trigger")
        }
        return .manual
    }

    private func anchor(_ object: CheckedObject) -> Int64 {
        if case .int(let seconds)? = object["anchor"] { return seconds }
        return 0
    }

    private mutating func readEvent(_ object: CheckedObject, of name: String?) -> EventTrigger? {
        let path = "spec.trigger.event"
        guard object.has("instance") != object.has("schedule") else {
            let found = object.has("instance") ? "both" : "neither"
            decoder.report(
                .scheduleTrigger, decoder.mark(of: path),
                "an event is of an Instance or of a Schedule, and this one names \(found)",
                help: "write {instance: web, phase: ready} or {schedule: dump, outcome: succeeded}")
            return nil
        }
        let (key, owner, other) =
            object.has("instance")
            ? ("outcome", "schedule", "phase") : ("phase", "instance", "outcome")
        if object.has(key) {
            decoder.report(
                .scheduleTrigger, decoder.mark(of: "\(path).\(key)"),
                "'\(key)' belongs to an event of \(owner == "schedule" ? "a Schedule" : "an Instance")",
                help: "write \(other), or remove it")
        }
        if let instance = object.string("instance") {
            return .instance(instance, phase: object.choice("phase") ?? .ready)
        }
        guard let schedule = object.string("schedule") else { return nil }
        if schedule == name {
            decoder.report(
                .triggerCycle, decoder.mark(of: "\(path).schedule"), "'\(schedule)' would set itself off")
        }
        return .schedule(schedule, outcome: object.choice("outcome") ?? .succeeded)
    }

    private func path(_ object: CheckedObject) -> ScheduleTrigger? {
        guard let glob = object.string("glob") else { return nil }
        let usual = PathTrigger(glob: glob)
        return .path(
            PathTrigger(
                glob: glob, debounce: object.duration("debounce") ?? usual.debounce,
                settle: object.duration("settle") ?? usual.settle))
    }

    /// nil where it was reported.
    mutating func readAction() -> ScheduleAction? {
        guard let object = spec.object("action") else { return nil }
        // What is refused as not supported yet was reported already.
        guard !object.has("call"), !object.has("workflow") else { return nil }
        let written = Self.actions.filter(object.has)
        guard written.count == 1 else {
            let found = written.isEmpty ? "none" : written.joined(separator: " and ")
            decoder.report(
                .scheduleAction, decoder.mark(of: "spec.action"),
                "a Schedule has one action, and this one has \(found)")
            return nil
        }
        if let run = object.object("run") {
            guard case .reference(let unit)? = run["unit"] else { return nil }
            return .run(unit: unit, config: run.configValues, args: run.strings("args"))
        }
        if let signal = object.object("signal") {
            guard let instance = signal.string("instance"), let value = signal.signal("signal") else {
                return nil
            }
            return .signal(instance: instance, signal: value)
        }
        return object.object("restart")?.string("instance").map { .restart(instance: $0) }
    }
}
