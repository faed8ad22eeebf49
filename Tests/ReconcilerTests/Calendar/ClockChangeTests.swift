import Manifests
import Testing

@testable import Reconciler

/// What is said of a change of the clock in docs/operating/schedules-calendar.md, line by line.
@Suite("Changes of the clock") struct ClockChangeTests {
    private typealias Gap = ClockChangePolicy.Gap
    private typealias Overlap = ClockChangePolicy.Overlap

    private func firings(
        _ cron: String, _ zone: String, _ from: String, _ until: String, _ policy: ClockChangePolicy
    ) throws -> [String] {
        let rules = try CalendarFixture.zone(zone)
        let trigger = ScheduleTrigger.cron(try CronExpression.parse(cron))
        let calendar = try #require(
            ScheduleCalendar(trigger, zone: rules, dst: policy, jitter: .zero, name: "web"))
        return calendar.firings(in: wall(from)..<wall(until), limit: 1_000)
            .map { shown($0.nominal).dropFirst(5).dropLast(3) + ($0.note.map { " (\($0))" } ?? "") }
    }

    @Test("Spring: what the gap leaves out is skipped, or runs once at its end", arguments: Gap.allCases)
    func gap(gap: ClockChangePolicy.Gap) throws {
        let policy = ClockChangePolicy(gap: gap)
        let note =
            "there is no 02:00 on 2026-03-29: the clock goes from 02:00 to 03:00; it runs at the end of that gap"
        // Twelve times are left out, and they are one run.
        let many = try firings("*/5 2 * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-30T00:00", policy)
        #expect(many == (gap == .skip ? [] : ["03-29 01:00 (\(note))"]))
        // What is due at the end of the gap by itself is no second firing.
        let both = try firings(
            "30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-30T00:00", policy)
        #expect(both.map { $0.prefix(11) } == (gap == .skip ? [] : ["03-29 01:00"]) + ["03-29 01:30"])
        let same = try firings("0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-30T00:00", policy)
        #expect(same.map { $0.prefix(11) } == ["03-29 01:00"])
        // Nothing is missing of what goes by every hour.
        let hourly = try firings(
            "30 * * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-29T03:00", policy)
        #expect(hourly == ["03-29 00:30", "03-29 01:30", "03-29 02:30"])
    }

    @Test("Autumn: what is shown twice fires once, or twice; every hour is always every hour")
    func overlap() throws {
        let once = try firings(
            "*/30 2 * * *", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T22:00", ClockChangePolicy())
        let only = "; it runs at the first of them alone)"
        #expect(
            once == [
                "10-25 00:00 (there are two 02:00 on 2026-10-25\(only)",
                "10-25 00:30 (there are two 02:30 on 2026-10-25\(only)",
            ])
        let twice = try firings(
            "30 2 * * *", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T22:00",
            ClockChangePolicy(overlap: .twice))
        #expect(
            twice == [
                "10-25 00:30 (there are two 02:30 on 2026-10-25; this is the first)",
                "10-25 01:30 (there are two 02:30 on 2026-10-25; this is the second)",
            ])
        for overlap in Overlap.allCases {
            let every = try firings(
                "*/5 * * * *", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T04:00",
                ClockChangePolicy(overlap: overlap))
            #expect(every.count == 6 * 12)
        }
    }

    @Test(
        "Unusual changes",
        arguments: [
            // Lord Howe: half an hour. 2026-10-04 02:00 → 02:30, 2026-04-05 02:00 → 01:30.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-04T12:00", "10-03 15:30"),
            ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-05T12:00", "04-04 14:45"),
            // Apia: there was no 30 December 2011.
            (
                "0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", "2012-01-01T00:00",
                "12-29 22:00,12-30 10:00,12-30 22:00,12-31 22:00"
            ),
            // Troll: two hours. 2026-03-29 01:00 → 03:00, 2026-10-25 03:00 → 01:00.
            ("30 1,2 * * *", "Antarctica/Troll", "2026-03-29T00:00", "2026-03-29T12:00", "03-29 01:00"),
            (
                "30 1,2 * * *", "Antarctica/Troll", "2026-10-24T22:30", "2026-10-25T12:00",
                "10-24 23:30,10-25 00:30"
            ),
            // Morocco: back for Ramadan on 2026-02-15 at 03:00, forth again on 2026-03-22 at 02:00.
            ("30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00", "2026-02-15T12:00", "02-15 01:30"),
            ("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00", "2026-03-22T12:00", "03-22 02:00"),
            // Dublin: winter is the time that is saved, and the clock goes as everybody else's.
            ("30 1 * * *", "Europe/Dublin", "2026-03-28T12:00", "2026-03-29T12:00", "03-29 01:00"),
            ("30 1 * * *", "Europe/Dublin", "2026-10-24T12:00", "2026-10-25T12:00", "10-25 00:30"),
            // A midnight that is left out.
            ("0 0 * * *", "America/Santiago", "2026-09-05T12:00", "2026-09-06T12:00", "09-06 04:00"),
        ])
    func unusual(cron: String, zone: String, from: String, until: String, expected: String) throws {
        let found = try firings(cron, zone, from, until, ClockChangePolicy())
        #expect(found.map { String($0.prefix(11)) } == expected.split(separator: ",").map(String.init))
    }

    @Test("What a gap leaves out for good is told") func leftOut() throws {
        let zone = try CalendarFixture.zone("Europe/Berlin")
        let trigger = ScheduleTrigger.cron(try CronExpression.parse("30 2 * * *"))
        let calendar = try #require(
            ScheduleCalendar(trigger, zone: zone, dst: ClockChangePolicy(gap: .skip), jitter: .zero, name: "")
        )
        let year = wall("2026-01-01T00:00")..<wall("2027-01-01T00:00")
        let found = calendar.leftOut(in: year, limit: 10)
        #expect(found.map { shown($0.nominal) } == ["2026-03-29 01:00:00"])
        #expect(
            found.first?.note
                == "there is no 02:30 on 2026-03-29: the clock goes from 02:00 to 03:00; it is skipped")
    }

    @Test(
        "Leap years and year ends",
        arguments: [
            ("0 0 29 2 *", "2097-01-01", "2104-02-29 00:00:00"),
            ("0 0 * 2 MON#5", "2026-01-01", "2044-02-29 00:00:00"),
            ("59 59 23 31 12 *", "2199-01-01", "2199-12-31 23:59:59"),
            ("0 0 1 1 *", "2026-12-31", "2027-01-01 00:00:00"),
        ])
    func years(cron: String, from: String, expected: String) throws {
        let times = try clockTimes(cron, .utc)
        let found = try #require(times.first(atOrAfter: instant(from)))
        #expect(CivilTime(local: found.instant).text == expected)
    }

    @Test("Nothing fires after 2199, and years that are over never come again") func end() throws {
        #expect(try clockTimes("0 0 1 1 *", .utc).first(atOrAfter: instant("2199-01-02")) == nil)
        let over = ClockTimes(
            pattern: try CalendarExpression.parse("2025-1-1").pattern,
            zone: try CalendarFixture.zone("Europe/Berlin"), policy: ClockChangePolicy())
        #expect(over.first(atOrAfter: instant("2026-01-01")) == nil)
        #expect(try clockTimes("* * * * * *", .utc).first(atOrAfter: .max) == nil)
        #expect(try clockTimes("* * * * * *", .utc).first(atOrAfter: .min)?.instant == 0)
    }
}
