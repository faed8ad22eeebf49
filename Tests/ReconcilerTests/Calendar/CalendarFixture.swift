import Foundation
import Manifests
import Testing

@testable import Reconciler

/// What `Tests/Fixtures/calendar/generate.py` wrote.
enum CalendarFixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/calendar")

    static func lines(_ name: String) throws -> [Substring] {
        let text = String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
        return text.split(separator: "\n")
    }

    /// Every zone of the IANA database by its name; zones that are the same have one entry in `firings.txt`.
    static let zones: [String: TimeZoneRules] = {
        var zones: [String: TimeZoneRules] = [:]
        for line in (try? lines("zones.txt")) ?? [] {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let data = Data(base64Encoded: String(parts[1])),
                let rules = try? TimeZoneRules(tzif: Array(data))
            else { continue }
            for name in parts[0].split(separator: ",") { zones[String(name)] = rules }
        }
        return zones
    }()

    static func zone(_ name: String) throws -> TimeZoneRules { try #require(zones[name], "\(name)") }
}

/// `2026-03-29T01:00:00Z`.
func wall(_ text: String) -> WallTime { WallTime(nanoseconds: instant(text) * 1_000_000_000) }

func instant(_ text: String) -> Int64 {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) } + [0, 0, 0]
    let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
    return CivilTime(date: date, hour: numbers[3], minute: numbers[4], second: numbers[5]).local
}

func shown(_ time: WallTime) -> String { CivilTime(local: time.nanoseconds / 1_000_000_000).text }

func clockTimes(
    _ cron: String, _ zone: TimeZoneRules, _ policy: ClockChangePolicy = ClockChangePolicy()
) throws -> ClockTimes {
    ClockTimes(pattern: try CronExpression.parse(cron).pattern(for: "web"), zone: zone, policy: policy)
}

extension ClockTimes {
    func instants(_ range: Range<Int64>) -> [Int64] {
        var result: [Int64] = []
        var from = range.lowerBound
        while let time = first(atOrAfter: from), time.instant < range.upperBound {
            result.append(time.instant)
            from = time.instant + 1
        }
        return result
    }
}
