package import Manifests

/// What a candidate would change about one Schedule on one host.
package struct ScheduleChange: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case added, changed, removed
    }
    package var kind: Kind
    package var schedule: String
    /// Of a changed one.
    package var changes: [FieldChange]
    /// Where it stands, or stood.
    package var place: Location
    /// By what it fires, before and after; nil: not on this host.
    package var before: ScheduleTiming?
    package var after: ScheduleTiming?

    /// Sorted by kind, then by name.
    static func all(from old: Desired?, to new: Desired) -> [ScheduleChange] {
        let (before, after) = (old?.schedules ?? [:], new.schedules ?? [:])
        let changes = Set(before.keys).union(after.keys).compactMap { name in
            change(from: before[name], to: after[name])
        }
        let order = Kind.allCases
        return changes.sorted {
            let (a, b) = (order.firstIndex(of: $0.kind) ?? 0, order.firstIndex(of: $1.kind) ?? 0)
            return (a, $0.schedule) < (b, $1.schedule)
        }
    }

    /// nil: nothing that this host would notice.
    private static func change(from old: DesiredSchedule?, to new: DesiredSchedule?) -> ScheduleChange? {
        let (here, there) = (old?.assigned == true ? old : nil, new?.assigned == true ? new : nil)
        switch (here, there) {
        case (nil, nil): return nil
        case (nil, let new?):
            return ScheduleChange(
                kind: .added, schedule: new.name, changes: nodes(old, new, "other nodes", "this node"),
                place: new.place, before: nil, after: ScheduleTiming(new))
        case (let old?, nil):
            return ScheduleChange(
                kind: .removed, schedule: old.name, changes: nodes(old, new, "this node", "other nodes"),
                place: new?.place ?? old.place, before: ScheduleTiming(old), after: nil)
        case (let old?, let new?):
            guard old.hash != new.hash else { return nil }
            let changes = fieldChanges(from: old.fields, to: new.fields).map {
                var change = $0
                change.effect = .next
                return change
            }
            return ScheduleChange(
                kind: .changed, schedule: new.name, changes: changes, place: new.place,
                before: ScheduleTiming(old), after: ScheduleTiming(new))
        }
    }

    /// That it comes or goes by its `nodes` is seen where it is declared before and after.
    private static func nodes(
        _ old: DesiredSchedule?, _ new: DesiredSchedule?, _ before: String, _ after: String
    ) -> [FieldChange] {
        guard old != nil, let new else { return [] }
        return [FieldChange(path: "spec.nodes", old: before, new: after, effect: .next, place: new.place)]
    }

    /// `new schedule: cron 0 3 * * * (Europe/Berlin)`.
    package var headline: String {
        switch kind {
        case .added: "new schedule: \(after?.text ?? "")"
        case .removed: "declared no longer; was: \(before?.text ?? "")"
        case .changed: changes.map(\.text).joined(separator: ", ")
        }
    }

    /// Whether its next firings may be other ones.
    package var movesFirings: Bool { before != after }
}

/// What decides when a Schedule fires.
package struct ScheduleTiming: Sendable, Hashable, Codable {
    package var schedule: String
    package var trigger: ScheduleTrigger
    package var timezone: String
    package var dst: ClockChangePolicy
    package var jitter: Duration
    package var suspend: Bool

    package init(_ schedule: DesiredSchedule) {
        self.schedule = schedule.name
        trigger = schedule.trigger
        timezone = schedule.timezone
        dst = schedule.dst
        jitter = schedule.jitter
        suspend = schedule.suspend
    }

    /// `cron 0 3 * * * (Europe/Berlin)`, `every 15m`, `when dump succeeded`.
    package var text: String {
        let isByCalendar =
            switch trigger {
            case .cron, .calendar: true
            default: false
            }
        let words = trigger.text + (isByCalendar ? " (\(timezone))" : "")
        return suspend ? words + ", suspended" : words
    }
}
