extension ScheduleSchema {
    static let trigger = ObjectSchema(
        "a trigger",
        [
            SchemaField(
                "cron", .cron, effect: .next,
                "Five fields (minute hour day month weekday), six with seconds before them, or @daily."),
            SchemaField(
                "calendar", .calendar, effect: .next,
                "An expression of systemd's OnCalendar, as in Mon..Fri 03:00."),
            SchemaField(
                "interval", .duration(.seconds(1)...(PolicySchema.day * 365)), effect: .next,
                "Every so often, counted from the anchor."),
            SchemaField(
                "anchor", .timestamp, default: "1970-01-01T00:00:00Z", effect: .next,
                "Of an interval: the time from which it is counted."),
            SchemaField(
                "event", .object(event), effect: .next,
                "What happens to an Instance, or how a run of another Schedule ends."),
            SchemaField("path", .object(path), effect: .next, "Files that come or change."),
            SchemaField(
                "manual", .boolean, effect: .next, "With true: by runNonce alone."),
        ])

    static let event = ObjectSchema(
        "an event",
        [
            SchemaField(
                "instance", .string(.name), effect: .next, "An Instance to which it happens."),
            SchemaField(
                "phase", .choices(EventTrigger.InstancePhase.self), default: "ready", effect: .next,
                "What it comes to."),
            SchemaField(
                "schedule", .string(.name), effect: .next,
                "A Schedule of which a run ends."),
            SchemaField(
                "outcome", .choices(EventTrigger.RunOutcome.self), default: "succeeded", effect: .next,
                "How the run ends; ended is either way."),
        ])

    static let path = ObjectSchema(
        "a path trigger",
        [
            SchemaField(
                "glob", .string(.hostGlob), required: true, effect: .next,
                "Which files, as in /srv/in/*.csv."),
            SchemaField(
                "debounce", .duration(.zero...PolicySchema.day), default: "1s", effect: .next,
                "What comes within this time of the first change is one firing."),
            SchemaField(
                "settle", .duration(.zero...PolicySchema.day), default: "1s", effect: .next,
                "A file counts once it has not changed for so long."),
        ])

    static let action = ObjectSchema(
        "an action",
        [
            SchemaField("run", .object(run), effect: .next, "Runs a oneshot Unit."),
            SchemaField(
                "signal", .object(signal), effect: .next,
                "Sends a signal to every ready replica of an Instance on this node."),
            SchemaField(
                "restart", .object(restart), effect: .next,
                "Restarts an Instance, by its own update policy."),
            SchemaField(
                "call", .anyMapping, effect: .next,
                support: .later(instead: "use run with a Unit that makes the call"),
                "Calls a method of a running program."),
            SchemaField(
                "workflow", .anyMapping, effect: .next,
                support: .later(instead: "chain Schedules by trigger.event.schedule"),
                "Starts a workflow of several steps."),
        ])

    static let run = ObjectSchema(
        "a run",
        [
            SchemaField(
                "unit", .unitReference, required: true, effect: .next,
                "The Unit, a oneshot: name, or name@range for the highest declared version that fits."),
            SchemaField(
                "config", .map(keys: .configField, values: .anyValue, max: InstanceSchema.configKeysMax),
                effect: .next, "Values for the Unit's config.fields."),
            SchemaField(
                "args", .list(.text(.any), 0...argumentsMax), effect: .next,
                "Arguments after those of the Unit's entry."),
        ])

    static let signal = ObjectSchema(
        "a signal action",
        [
            SchemaField(
                "instance", .string(.name), required: true, effect: .next,
                "The Instance's name."),
            SchemaField(
                "signal", .signal(catchable: true), required: true, effect: .next,
                "The signal, as in SIGHUP."),
        ])

    static let restart = ObjectSchema(
        "a restart action",
        [
            SchemaField(
                "instance", .string(.name), required: true, effect: .next,
                "The Instance's name.")
        ])
}

extension SchemaType {
    /// The same type, with this effect for all that it holds.
    func counting(_ effect: FieldEffect) -> SchemaType {
        switch self {
        case .object(let schema): .object(schema.counting(effect))
        case .list(let item, let count): .list(item.counting(effect), count)
        case .map(let keys, let values, let max):
            .map(keys: keys, values: values.counting(effect), max: max)
        default: self
        }
    }
}

extension ObjectSchema {
    func counting(_ effect: FieldEffect) -> ObjectSchema {
        ObjectSchema(name, fields.map { $0.counting(effect) }, laterKeys: laterKeys)
    }
}

extension SchemaField {
    func counting(_ effect: FieldEffect) -> SchemaField {
        SchemaField(
            key, type.counting(effect), required: required, nullable: nullable, default: defaultText,
            effect: effect, since: since, support: support, doc)
    }
}
