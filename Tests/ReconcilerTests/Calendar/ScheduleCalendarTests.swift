import Manifests
import Testing

@testable import Reconciler

@Suite("The calendar of a Schedule") struct ScheduleCalendarTests {
    private func calendar(
        _ trigger: ScheduleTrigger, _ zone: TimeZoneRules = .utc, jitter: Duration = .zero,
        name: String = "backup"
    ) throws -> ScheduleCalendar {
        try #require(
            ScheduleCalendar(trigger, zone: zone, dst: ClockChangePolicy(), jitter: jitter, name: name))
    }

    private func cron(_ text: String) throws -> ScheduleTrigger { .cron(try CronExpression.parse(text)) }

    @Test("Only triggers by the clock have one") func kinds() {
        let others: [ScheduleTrigger] = [
            .manual, .path(PathTrigger(glob: "/srv/in/*")), .event(.instance("web", phase: .ready)),
            .interval(.zero, anchor: 0),
        ]
        for trigger in others {
            let found = ScheduleCalendar(
                trigger, zone: .utc, dst: ClockChangePolicy(), jitter: .zero, name: "a")
            #expect(found == nil)
        }
    }

    @Test("The next is strictly later, to the nanosecond") func strictlyLater() throws {
        let daily = try calendar(cron("0 3 * * *"))
        #expect(
            shown(daily.next(after: wall("2026-11-22T03:00:00Z"))?.nominal ?? .init(nanoseconds: 0))
                == "2026-11-23 03:00:00")
        var before = wall("2026-11-22T03:00:00Z")
        before.nanoseconds -= 1
        #expect(daily.next(after: before)?.nominal == wall("2026-11-22T03:00:00Z"))
        #expect(daily.next(after: WallTime(nanoseconds: .max)) == nil)
        #expect(daily.next(after: WallTime(nanoseconds: .min))?.nominal == wall("1970-01-01T03:00:00Z"))
    }

    @Test(
        "An interval counts from its anchor, in both directions, for everybody alike",
        arguments: [
            (Int64(0), "2026-01-01 00:15:00"), (instant("2026-01-01T00:05:00Z"), "2026-01-01 00:05:00"),
            (instant("2030-06-01T00:10:00Z"), "2026-01-01 00:10:00"), (-1, "2026-01-01 00:14:59"),
            (.max, "2026-01-01 00:00:07"), (.min, "2026-01-01 00:14:52"),
        ])
    func anchors(anchor: Int64, expected: String) throws {
        let every = try calendar(.interval(.seconds(900), anchor: anchor))
        let first = try #require(every.next(after: wall("2026-01-01T00:00:00Z")))
        #expect(shown(first.nominal) == expected)
        let second = try #require(every.next(after: first.nominal))
        #expect(second.nominal.nanoseconds - first.nominal.nanoseconds == 900_000_000_000)
    }

    @Test("Intervals go by real time through a change of the clock, and may be shorter than a second")
    func intervals() throws {
        let berlin = try CalendarFixture.zone("Europe/Berlin")
        let hourly = try calendar(.interval(.seconds(3_600), anchor: 0), berlin)
        let night = wall("2026-10-24T22:00:00Z")..<wall("2026-10-25T06:00:00Z")
        #expect(hourly.firings(in: night, limit: 100).count == 8)
        let short = try calendar(.interval(.milliseconds(250), anchor: 0))
        #expect(
            short.count(in: wall("2026-01-01T00:00:00Z")..<wall("2026-01-01T00:00:10Z"), limit: 1_000) == 40)
        #expect(short.count(in: wall("2026-01-01T00:00:00Z")..<wall("2027-01-01T00:00:00Z"), limit: 7) == 7)
    }

    @Test("A range includes its beginning, not its end, and no more than the limit") func ranges() throws {
        let minutely = try calendar(cron("* * * * *"))
        let range = wall("2026-01-01T00:00:00Z")..<wall("2026-01-01T00:05:00Z")
        #expect(minutely.firings(in: range, limit: 100).count == 5)
        #expect(minutely.firings(in: range, limit: 3).map(\.nominal).last == wall("2026-01-01T00:02:00Z"))
        #expect(minutely.firings(in: range, limit: 0).isEmpty)
        #expect(minutely.count(in: range, limit: 100) == 5)
    }

    @Test(
        "The last one is found as the walk finds it",
        arguments: [
            "*/7 * * * *", "0 3 * * *", "30 2 * * *", "0 0 29 2 *", "0 12 * * MON#2",
        ])
    func last(text: String) throws {
        let found = try calendar(cron(text), try CalendarFixture.zone("Europe/Berlin"))
        var seed: UInt64 = 20_261_122
        for _ in 0..<50 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let to = 1_760_000_000 + Int64(seed >> 33) % 40_000_000
            let from = to - Int64(seed >> 20) % 4_000_000
            let begin = WallTime(nanoseconds: from * 1_000_000_000)
            let end = WallTime(nanoseconds: to * 1_000_000_000)
            let walked = found.firings(in: begin..<WallTime(nanoseconds: end.nanoseconds + 1), limit: 100_000)
                .last
            #expect(found.last(atOrBefore: end, notBefore: begin) == walked, "\(from) to \(to), seed \(seed)")
        }
        let everySecond = try calendar(cron("* * * * * *"))
        let last = everySecond.last(
            atOrBefore: wall("2026-01-01T00:00:00Z"), notBefore: wall("1980-01-01T00:00:00Z"))
        #expect(last?.nominal == wall("2026-01-01T00:00:00Z"))
    }

    @Test("Jitter is the same every time, another for others, below its limit, and changes no order")
    func jitter() throws {
        let day = wall("2026-01-01T00:00:00Z")..<wall("2026-01-02T00:00:00Z")
        let mine = try calendar(cron("*/5 * * * *"), jitter: .seconds(3_600)).firings(in: day, limit: 1_000)
        #expect(
            try mine == calendar(cron("*/5 * * * *"), jitter: .seconds(3_600)).firings(in: day, limit: 1_000))
        let other = try calendar(cron("*/5 * * * *"), jitter: .seconds(3_600), name: "report")
        #expect(other.firings(in: day, limit: 1_000).map(\.due) != mine.map(\.due))
        for (one, next) in zip(mine, mine.dropFirst()) {
            #expect(one.due >= one.nominal && one.due < next.nominal)
        }
        #expect(Set(mine.map { $0.due.nanoseconds - $0.nominal.nanoseconds }).count > 250)
        let short = try calendar(cron("0 * * * *"), jitter: .seconds(30)).firings(in: day, limit: 1_000)
        #expect(short.allSatisfy { $0.due.nanoseconds - $0.nominal.nanoseconds < 30_000_000_000 })
        #expect(
            try calendar(cron("0 * * * *")).firings(in: day, limit: 5).allSatisfy { $0.due == $0.nominal })
    }

    @Test("Triggers are stored as their text, and read again") func coding() throws {
        let expression = try CalendarExpression.parse("Mon..Fri 03:00")
        #expect(expression == (try CalendarExpression.parse("Mon..Fri 03:00")))
        #expect(expression != (try CalendarExpression.parse("Mon..Fri 03:01")))
    }
}

@Suite("Windows of a Schedule") struct WindowTimesTests {
    @Test(
        "Over midnight, to the second, in a zone of its own",
        arguments: [
            ("2026-01-02T20:59:59Z", "closed", "2026-01-02T21:00:00Z"),
            ("2026-01-02T21:00:00Z", "open", "2026-01-03T03:00:00Z"),
            ("2026-01-03T03:00:00Z", "closed", "2026-01-03T21:00:00Z"),
            ("2026-01-04T12:00:00Z", "closed", "2026-01-09T21:00:00Z"),
            // The night of the change is an hour shorter, or longer.
            ("2026-03-28T22:00:00Z", "open", "2026-03-29T02:00:00Z"),
            ("2026-10-24T20:00:00Z", "open", "2026-10-25T03:00:00Z"),
        ])
    func openings(at: String, state: String, until: String) throws {
        let zone = try CalendarFixture.zone("Europe/Berlin")
        let found = windowState(RunWindow(days: [5, 6], from: 22 * 60, to: 4 * 60), zone: zone, at: wall(at))
        #expect(found == (state == "open" ? .open(until: wall(until)) : .closed(opensAt: wall(until))))
    }

    @Test("A time that a day does not have, or has twice") func missing() throws {
        let zone = try CalendarFixture.zone("Europe/Berlin")
        let window = RunWindow(from: 150, to: 270)
        #expect(
            windowState(window, zone: zone, at: wall("2026-03-29T00:00:00Z"))
                == .closed(opensAt: wall("2026-03-29T01:00:00Z")))
        #expect(
            windowState(window, zone: zone, at: wall("2026-10-25T00:30:00Z"))
                == .open(until: wall("2026-10-25T03:30:00Z")))
        // Nothing of it is left on that day.
        let gone = RunWindow(days: [0], from: 130, to: 170)
        #expect(
            windowState(gone, zone: zone, at: wall("2026-03-28T00:00:00Z"))
                == .closed(opensAt: wall("2026-04-05T00:10:00Z")))
    }

    @Test("Windows that touch are one opening") func adjoining() {
        let windows = [
            WindowTimes.Window(RunWindow(days: [1], from: 0, to: 1_440), zone: .utc),
            WindowTimes.Window(RunWindow(days: [2], from: 0, to: 600), zone: .utc),
        ]
        let found = WindowTimes.state(of: windows, at: wall("2026-01-05T12:00:00Z"))
        #expect(found == .open(until: wall("2026-01-06T10:00:00Z")))
        #expect(WindowTimes.state(of: [], at: wall("2026-01-05T12:00:00Z")) == .always)
    }
}
