import Manifests

/// What Schedules are going to do, as far as the clock decides it. Pure, and bounded by `limit`.
package struct Forecast: Sendable, Hashable, Codable {
    /// By nominal time, then by name.
    package var entries: [ForecastEntry]
    /// Schedules of which nothing can be told, with one sentence each that says why.
    package var silent: [String: String]
    /// There is more in the range than the limit allows.
    package var hasMore: Bool
}

/// One nominal time of one Schedule, and what will probably become of it.
package struct ForecastEntry: Sendable, Hashable, Codable {
    package var schedule: String
    package var firing: Firing
    /// On the clock of the Schedule's zone, as in `2026-11-22 03:00:00 +01:00`.
    package var local: String
    package var outcome: Outcome
    /// What is to be known about it, one sentence each: a change of the clock, a conflict, who is in the way.
    package var notes: [String]

    package enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        case runs
        /// A change of the clock leaves this time out, and `dst.gap` is `skip`.
        case leftOut
        case suspended
        case windowClosed
        /// An earlier run is probably under way still, and `concurrency` forbids another one.
        case forbidden
    }
}

/// What a forecast is asked for.
package struct ForecastQuestion: Sendable {
    package var range: Range<WallTime>
    package var limit: Int
    /// More Schedules than this that are due within one second are worth a note.
    package var crowdMax = 10
    /// How long a run of a Schedule usually takes, where that is known.
    package var usual: [String: Duration] = [:]
    /// Nothing new starts on a suspended host until then; nil: it is not suspended.
    package var hostSuspendedUntil: WallTime?

    package static let limitMax = 100_000

    package init(range: Range<WallTime>, limit: Int) {
        self.range = range
        self.limit = min(max(0, limit), Self.limitMax)
    }
}

package func forecast(
    of schedules: [DesiredSchedule], zones: (String) -> TimeZoneRules?, _ question: ForecastQuestion
) -> Forecast {
    var result = Forecast(entries: [], silent: [:], hasMore: false)
    var walks: [ForecastWalk] = []
    for schedule in schedules.sorted(by: { $0.name < $1.name }) {
        guard schedule.trigger.isByClock else {
            result.silent[schedule.name] = ForecastWords.notByClock(schedule.trigger)
            continue
        }
        guard let zone = zones(schedule.timezone) else {
            result.silent[schedule.name] = "this host knows no time zone '\(schedule.timezone)'"
            continue
        }
        guard let walk = ForecastWalk(schedule, zone, question) else { continue }
        if walk.head == nil { result.silent[schedule.name] = "it does not fire in this time" }
        walks.append(walk)
    }
    while let index = walks.indices.filter({ walks[$0].head != nil }).min(by: { walks[$0] < walks[$1] }) {
        guard result.entries.count < question.limit else {
            result.hasMore = true
            break
        }
        if let entry = walks[index].take(question) { result.entries.append(entry) }
    }
    noteCrowds(&result.entries, question.crowdMax)
    return result
}

/// What is due within one second starts at one time, and on one disk.
private func noteCrowds(_ entries: inout [ForecastEntry], _ most: Int) {
    let due = { (entry: ForecastEntry) in entry.firing.due.nanoseconds / 1_000_000_000 }
    var counts: [Int64: Int] = [:]
    for entry in entries where entry.outcome == .runs { counts[due(entry), default: 0] += 1 }
    for index in entries.indices where entries[index].outcome == .runs {
        guard let count = counts[due(entries[index])], count > most else { continue }
        entries[index].notes.append(
            "\(count) Schedules are due within this second; jitter, or H in cron, spreads them")
    }
}

/// The firings of one Schedule, one after another.
private struct ForecastWalk: Comparable {
    let schedule: DesiredSchedule
    let zone: TimeZoneRules
    let calendar: ScheduleCalendar
    let end: WallTime
    private var next: Firing?
    /// In reverse: the last is the next one.
    private var leftOut: [Firing]
    /// When the runs before are probably over.
    private var ends: [WallTime] = []

    init?(_ schedule: DesiredSchedule, _ zone: TimeZoneRules, _ question: ForecastQuestion) {
        guard let calendar = ScheduleCalendar(schedule, zone: zone) else { return nil }
        self.schedule = schedule
        self.zone = zone
        self.calendar = calendar
        end = question.range.upperBound
        leftOut = calendar.leftOut(in: question.range, limit: question.limit).reversed()
        next = calendar.firings(in: question.range, limit: 1).first
    }

    var head: Firing? {
        guard let gap = leftOut.last else { return next }
        guard let next else { return gap }
        return gap.nominal < next.nominal ? gap : next
    }

    static func < (a: ForecastWalk, b: ForecastWalk) -> Bool {
        guard let first = a.head, let second = b.head else { return false }
        return (first.nominal, a.schedule.name) < (second.nominal, b.schedule.name)
    }

    static func == (a: ForecastWalk, b: ForecastWalk) -> Bool { a.schedule.name == b.schedule.name }

    mutating func take(_ question: ForecastQuestion) -> ForecastEntry? {
        guard let firing = head else { return nil }
        if let gap = leftOut.last, gap == firing {
            leftOut.removeLast()
            return entry(firing, .leftOut)
        }
        next = calendar.next(after: firing.nominal).flatMap { $0.nominal < end ? $0 : nil }
        if schedule.suspend { return entry(firing, .suspended, "the Schedule is suspended") }
        if let until = question.hostSuspendedUntil, firing.due < until {
            return entry(firing, .suspended, "this host is suspended")
        }
        if let window = schedule.window,
            case .closed(let opens) = windowState(window, zone: zone, at: firing.due)
        {
            let when = opens.map { " until \(ForecastWords.local($0, zone))" } ?? ""
            return entry(firing, .windowClosed, "its window is closed\(when)")
        }
        return concurrent(firing, question.usual[schedule.name])
    }

    private mutating func concurrent(_ firing: Firing, _ usual: Duration?) -> ForecastEntry {
        guard let usual, usual > .zero else { return entry(firing, .runs) }
        ends.removeAll { $0 <= firing.due }
        let policy = schedule.concurrency
        let took = "a run usually takes \(usual.rough)"
        let isBusy = policy.policy == .allow ? ends.count >= policy.max : !ends.isEmpty
        guard isBusy, let free = ends.min() else {
            ends.append(sum(firing.due, usual))
            return entry(firing, .runs)
        }
        switch policy.policy {
        case .allow, .forbid:
            return entry(firing, .forbidden, "\(took), and an earlier one is probably under way still")
        case .replace:
            ends = [sum(firing.due, usual)]
            return entry(firing, .runs, "\(took), and this one ends the earlier one")
        case .queue:
            // They go one after another.
            let start = ends.max() ?? free
            let isFull = ends.count > policy.max
            if !isFull { ends.append(sum(start, usual)) }
            return entry(
                firing, isFull ? .forbidden : .runs,
                isFull
                    ? "\(took), and the queue is probably full"
                    : "\(took), and this one probably waits until \(ForecastWords.local(start, zone))")
        }
    }

    private func sum(_ time: WallTime, _ duration: Duration) -> WallTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return WallTime(nanoseconds: overflow ? .max : sum)
    }

    private func entry(
        _ firing: Firing, _ outcome: ForecastEntry.Outcome, _ note: String? = nil
    ) -> ForecastEntry {
        ForecastEntry(
            schedule: schedule.name, firing: firing, local: ForecastWords.local(firing.nominal, zone),
            outcome: outcome, notes: [firing.note, note].compactMap { $0 })
    }
}

enum ForecastWords {
    /// `2026-11-22 03:00:00 +01:00`.
    static func local(_ time: WallTime, _ zone: TimeZoneRules) -> String {
        let instant = time.nanoseconds / 1_000_000_000
        let offset = zone.offset(at: instant)
        let minutes = abs(offset) / 60
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(zone.local(instant).text) \(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }

    static func notByClock(_ trigger: ScheduleTrigger) -> String {
        switch trigger {
        case .event(.instance(let name, _)): "it waits for what becomes of Instance '\(name)'"
        case .event(.schedule(let name, _)): "it waits for runs of Schedule '\(name)'"
        case .path(let path): "it waits for files at '\(path.glob)'"
        default: "it fires when a commit changes 'runNonce'"
        }
    }
}

extension ScheduleCalendar {
    /// nil where the Schedule is not by the clock.
    package init?(_ schedule: DesiredSchedule, zone: TimeZoneRules) {
        self.init(
            schedule.trigger, zone: zone, dst: schedule.dst, jitter: schedule.jitter, name: schedule.name)
    }

    /// The next so many after a time.
    package func next(_ count: Int, after time: WallTime) -> [Firing] {
        guard time.nanoseconds < .max else { return [] }
        return firings(
            in: WallTime(nanoseconds: time.nanoseconds + 1)..<WallTime(nanoseconds: .max), limit: count)
    }
}
