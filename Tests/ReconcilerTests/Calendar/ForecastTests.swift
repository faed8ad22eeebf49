import Manifests
import Testing

@testable import Reconciler

@Suite("Forecast") struct ForecastTests {
    private func schedule(_ name: String, _ cron: String, _ zone: String = "UTC") throws -> DesiredSchedule {
        try schedule(name, .cron(try CronExpression.parse(cron)), zone)
    }

    private func schedule(
        _ name: String, _ trigger: ScheduleTrigger, _ zone: String = "UTC"
    ) throws -> DesiredSchedule {
        var schedule = DesiredSchedule(
            name: name, place: Location(file: "schedules/\(name).yaml", line: 1, column: 1), trigger: trigger,
            action: .restart(instance: "web"), hash: SpecHash(hex: "00"))
        schedule.timezone = zone
        return schedule
    }

    private func ask(
        _ schedules: [DesiredSchedule], _ from: String, _ to: String, limit: Int = 100,
        _ change: (inout ForecastQuestion) -> Void = { _ in }
    ) -> Forecast {
        var question = ForecastQuestion(range: wall(from)..<wall(to), limit: limit)
        change(&question)
        return forecast(of: schedules, zones: { CalendarFixture.zones[$0] }, question)
    }

    private func lines(_ forecast: Forecast) -> [String] {
        forecast.entries.map { entry in
            "\(entry.schedule) \(entry.local.dropFirst(11)) \(entry.outcome.rawValue)"
                + entry.notes.map { " | \($0)" }.joined()
        }
    }

    @Test("By time and then by name, each on the clock of its own zone") func order() throws {
        let found = ask(
            [try schedule("b", "0 */6 * * *"), try schedule("a", "0 7 * * *", "Europe/Berlin")],
            "2026-11-22T00:00:00Z", "2026-11-22T12:00:00Z")
        #expect(
            lines(found) == [
                "b 00:00:00 +00:00 runs", "a 07:00:00 +01:00 runs", "b 06:00:00 +00:00 runs",
            ])
        #expect(!found.hasMore)
    }

    @Test("No more than the limit, and it says that there is more") func limits() throws {
        let found = ask(
            [try schedule("a", "* * * * * *"), try schedule("b", "* * * * * *")], "2026-11-22T00:00:00Z",
            "2027-11-22T00:00:00Z", limit: 7)
        #expect(found.entries.count == 7 && found.hasMore)
        #expect(found.entries.map(\.schedule) == ["a", "b", "a", "b", "a", "b", "a"])
        #expect(
            ForecastQuestion(range: wall("2026-01-01")..<wall("2027-01-01"), limit: .max).limit == 100_000)
    }

    @Test("Of what is not by the clock, or in no zone that is known, it is said why") func silent() throws {
        let found = ask(
            [
                try schedule("hand", .manual), try schedule("files", .path(PathTrigger(glob: "/srv/in/*"))),
                try schedule("after", .event(.schedule("hand", outcome: .succeeded))),
                try schedule("mars", "0 0 * * *", "Mars/Olympus"), try schedule("rare", "0 0 29 2 *"),
            ], "2026-11-22T00:00:00Z", "2026-11-23T00:00:01Z")
        #expect(found.entries.isEmpty)
        #expect(
            found.silent == [
                "hand": "it fires when a commit changes 'runNonce'",
                "files": "it waits for files at '/srv/in/*'",
                "after": "it waits for runs of Schedule 'hand'",
                "mars": "this host knows no time zone 'Mars/Olympus'",
                "rare": "it does not fire in this time",
            ])
    }

    @Test("Changes of the clock: what runs late, and what is left out") func clockChanges() throws {
        var late = try schedule("late", "30 2 * * *", "Europe/Berlin")
        var never = late
        never.name = "never"
        never.dst.gap = .skip
        let found = ask([late, never], "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z")
        let why = "there is no 02:30 on 2026-03-29: the clock goes from 02:00 to 03:00"
        #expect(
            lines(found) == [
                "late 03:00:00 +02:00 runs | \(why); it runs at the end of that gap",
                "never 03:00:00 +02:00 leftOut | \(why); it is skipped",
            ])
        late.suspend = true
        let suspended = ask([late], "2026-11-22T00:00:00Z", "2026-11-23T12:00:00Z").entries.map(\.outcome)
        #expect(suspended == [.suspended, .suspended])
        late.suspend = false
        let host = ask([late], "2026-11-22T00:00:00Z", "2026-11-23T12:00:00Z") {
            $0.hostSuspendedUntil = wall("2026-11-22T12:00:00Z")
        }
        #expect(host.entries.map(\.outcome) == [.suspended, .runs])
    }

    @Test("Outside its window nothing runs") func windows() throws {
        var one = try schedule("one", "0 */8 * * *")
        one.window = RunWindow(from: 420, to: 600)
        let found = ask([one], "2026-11-22T00:00:00Z", "2026-11-22T20:00:00Z")
        #expect(
            lines(found) == [
                "one 00:00:00 +00:00 windowClosed | its window is closed until 2026-11-22 07:00:00 +00:00",
                "one 08:00:00 +00:00 runs",
                "one 16:00:00 +00:00 windowClosed | its window is closed until 2026-11-23 07:00:00 +00:00",
            ])
    }

    @Test(
        "Where runs take longer than from one firing to the next",
        arguments: [
            (ConcurrencyPolicy.Policy.forbid, 10, "runs forbidden runs forbidden runs"),
            (.allow, 10, "runs runs runs runs runs"), (.allow, 1, "runs forbidden runs forbidden runs"),
            (.replace, 10, "runs runs runs runs runs"), (.queue, 10, "runs runs runs runs runs"),
            (.queue, 1, "runs runs runs runs forbidden"),
        ])
    func concurrency(policy: ConcurrencyPolicy.Policy, max: Int, expected: String) throws {
        var one = try schedule("one", "*/10 * * * *")
        one.concurrency = ConcurrencyPolicy(policy: policy, max: max)
        let found = ask([one], "2026-11-22T00:00:00Z", "2026-11-22T00:50:00Z") {
            $0.usual = ["one": .seconds(15 * 60)]
        }
        #expect(found.entries.map(\.outcome.rawValue).joined(separator: " ") == expected)
        #expect(found.entries.dropFirst().contains { !$0.notes.isEmpty } == !(policy == .allow && max == 10))
    }

    @Test("Many at one second are noted, and jitter spreads them") func crowds() throws {
        var many = try (0..<30).map { try schedule("s\($0)", "0 3 * * *") }
        let found = ask(many, "2026-11-22T00:00:00Z", "2026-11-22T12:00:00Z")
        let note = "30 Schedules are due within this second; jitter, or H in cron, spreads them"
        #expect(found.entries.count == 30 && found.entries.allSatisfy { $0.notes == [note] })
        for index in many.indices { many[index].jitter = .seconds(600) }
        let spread = ask(many, "2026-11-22T00:00:00Z", "2026-11-22T12:00:00Z")
        #expect(spread.entries.allSatisfy { $0.notes.isEmpty })
    }
}
