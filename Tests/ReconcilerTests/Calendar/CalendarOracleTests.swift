import Manifests
import Testing

@testable import Reconciler

@Suite("What others say about when it fires") struct CalendarOracleTests {
    struct Case: Sendable {
        var isNear: Bool
        var policy: ClockChangePolicy
        var expression: String
        var pattern: TimePattern
    }

    private static let begin = instant("2020-01-01T00:00:00Z")
    private static let end = instant("2036-01-01T00:00:00Z")
    private static let near: Int64 = 3 * 3_600

    private func cases(_ lines: [Substring]) throws -> [Case] {
        try lines.filter { $0.hasPrefix("case ") }.map { line in
            let words = line.split(separator: " ", maxSplits: 4).map(String.init)
            let gap = try #require(ClockChangePolicy.Gap(rawValue: words[2]))
            let overlap = try #require(ClockChangePolicy.Overlap(rawValue: words[3]))
            return Case(
                isNear: words[1] == "near", policy: ClockChangePolicy(gap: gap, overlap: overlap),
                expression: words[4], pattern: try CronExpression.parse(words[4]).pattern(for: ""))
        }
    }

    /// Number and hash, as the script makes them.
    private func digest(_ one: Case, _ zone: TimeZoneRules) -> String {
        let times = ClockTimes(pattern: one.pattern, zone: zone, policy: one.policy)
        var instants: [Int64] = []
        if one.isNear {
            for change in zone.changes where (Self.begin..<Self.end).contains(change) {
                instants += times.instants(change - Self.near..<change + Self.near)
            }
        } else {
            instants = times.instants(Self.begin..<Self.end)
        }
        let state = instants.reduce(UInt64(0)) {
            $0 &* 6_364_136_223_846_793_005 &+ UInt64(bitPattern: $1) &+ 1
        }
        return "\(instants.count):\(String(state, radix: 16))"
    }

    @Test("Every zone from 2020 to 2035: each firing, by croniter and Python's zoneinfo") func zones() throws
    {
        let lines = try CalendarFixture.lines("firings.txt")
        let cases = try cases(lines)
        var compared = 0
        for line in lines where !line.hasPrefix("case ") {
            let words = line.split(separator: " ").map(String.init)
            let zone = try CalendarFixture.zone(words[0])
            try #require(words.count == cases.count + 1)
            for (one, expected) in zip(cases, words.dropFirst()) {
                let found = digest(one, zone)
                if found != expected {
                    Issue.record("\(words[0]) \(one.policy) '\(one.expression)': \(found), not \(expected)")
                }
                compared += 1
            }
        }
        #expect(CalendarFixture.zones.count > 590)
        #expect(compared > 3_000)
    }

    @Test("Random cron expressions, by croniter") func cron() throws {
        let lines = try CalendarFixture.lines("cron.txt")
        #expect(lines.count > 400)
        for line in lines {
            let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            let pattern = try CronExpression.parse(parts[0]).pattern(for: "")
            expect(pattern, parts)
        }
    }

    @Test("Calendar expressions, by systemd-analyze, which also refuses what is refused here") func calendar()
        throws
    {
        let lines = try CalendarFixture.lines("calendar.txt")
        #expect(lines.count > 400)
        for line in lines {
            let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            // systemd takes what never comes, and says so when it is asked for the next time.
            let isRefused = parts[2] == "refused" || parts[2].isEmpty
            guard let expression = try? CalendarExpression.parse(parts[0]) else {
                if !isRefused { Issue.record("'\(parts[0])' is refused") }
                continue
            }
            if parts[2] == "refused" {
                // systemd 252 takes three off the 28 days from the end for each further value of a list.
                if parts[0].contains("~"), parts[0].contains(",") { continue }
                Issue.record("'\(parts[0])' is not refused")
            } else {
                expect(expression.pattern, parts)
            }
        }
    }

    private func expect(_ pattern: TimePattern, _ parts: [String]) {
        var from = Int64(parts[1]) ?? 0
        for expected in parts[2].split(separator: ",").compactMap({ Int64($0) })
        where expected < ClockTimes.end {
            let found = pattern.first(atOrAfter: from + 1, before: .max)
            guard found == expected else {
                let text = found.map { CivilTime(local: $0).text } ?? "never"
                Issue.record("'\(parts[0])': \(text), not \(CivilTime(local: expected).text)")
                return
            }
            from = expected
        }
    }
}
