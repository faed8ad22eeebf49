import Manifests
import Testing

@testable import Reconciler

/// Random expressions, against one that looks at every minute. It shares nothing with `next(after:)` but the
/// zone's offset at an instant: it counts days and weekdays by itself, and knows sets of numbers alone.
@Suite("Minute by minute") struct BruteForceTests {
    struct Expression {
        var minutes: Set<Int>
        var hours: Set<Int>
        var days: Set<Int>
        var months: Set<Int>
        var weekdays: Set<Int>

        var text: String {
            func list(_ values: Set<Int>, _ all: Int) -> String {
                values.count == all ? "*" : values.sorted().map(String.init).joined(separator: ",")
            }
            return "\(list(minutes, 60)) \(list(hours, 24)) \(list(days, 31)) \(list(months, 12)) "
                + list(weekdays, 7)
        }

        func fits(_ clock: Clock) -> Bool {
            guard minutes.contains(clock.minute), hours.contains(clock.hour), months.contains(clock.month)
            else {
                return false
            }
            let day = days.contains(clock.day)
            let weekday = weekdays.contains(clock.weekday)
            return days.count < 31 && weekdays.count < 7 ? day || weekday : day && weekday
        }
    }

    /// A clock on the wall, counted from Saturday, 2000-01-01.
    struct Clock {
        var month = 1
        var day = 1
        var hour = 0
        var minute = 0
        var weekday = 0

        private var local: Int64

        /// A minute on, as a clock does it, or set anew where it is set.
        mutating func advance(to local: Int64) {
            guard local == self.local + 60, local % 86_400 != 0 else {
                self = Clock(local)
                return
            }
            self.local = local
            minute = (minute + 1) % 60
            if minute == 0 { hour += 1 }
        }

        init(_ local: Int64) {
            self.local = local
            var days = (local - 946_684_800) / 86_400
            weekday = Int((days + 6) % 7)
            var year = 2000
            var length: Int64 { year % 4 == 0 ? 366 : 365 }
            while days >= length {
                days -= length
                year += 1
            }
            let months: [Int64] = [31, year % 4 == 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            while days >= months[month - 1] {
                days -= months[month - 1]
                month += 1
            }
            day = Int(days) + 1
            hour = Int(local / 3_600 % 24)
            minute = Int(local / 60 % 60)
        }
    }

    private func set(_ seed: inout UInt64, _ range: ClosedRange<Int>, _ all: Int) -> Set<Int> {
        if next(&seed) % 100 < UInt64(all) { return Set(range) }
        return Set((0...next(&seed) % 4).map { _ in range.lowerBound + Int(next(&seed)) % range.count })
    }

    private func next(_ seed: inout UInt64) -> UInt64 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return seed >> 33
    }

    /// Everything that fires within a range of whole minutes.
    private func expected(
        _ expression: Expression, _ zone: TimeZoneRules, _ policy: ClockChangePolicy, _ range: Range<Int64>
    ) -> [Int64] {
        let isEveryHour = expression.hours.count == 24
        // No zone of these shows more than two hours twice.
        let begin = range.lowerBound - 4 * 3_600
        var seen: Set<Int64> = []
        var result: Set<Int64> = []
        var before = zone.offset(at: begin)
        var clock = Clock(begin + before)
        for time in stride(from: begin, to: range.upperBound, by: 60) {
            let offset = zone.offset(at: time)
            let isNew = seen.insert(time + offset).inserted
            clock.advance(to: time + offset)
            let fires = expression.fits(clock)
            if fires, isNew || isEveryHour || policy.overlap == .twice { result.insert(time) }
            if offset > before, policy.gap == .runAtEnd, !isEveryHour {
                let gap = stride(from: time + before, to: time + offset, by: 60)
                if gap.contains(where: { expression.fits(Clock($0)) }) { result.insert(time) }
            }
            before = offset
        }
        return result.filter(range.contains).sorted()
    }

    @Test(
        "Random expressions in zones with changes of every kind",
        arguments: [
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll",
            "Africa/Casablanca",
            "Europe/Dublin", "America/Santiago", "Asia/Kathmandu", "America/Havana", "Pacific/Apia",
        ])
    func random(name: String) throws {
        var seed = name.utf8.reduce(UInt64(20_261_122)) { $0 &* 31 &+ UInt64($1) }
        let started = seed
        let zone = try CalendarFixture.zone(name)
        let all = zone.changes.filter { (946_771_200..<4_000_000_000).contains($0) }
        for _ in 0..<40 {
            let expression = Expression(
                minutes: set(&seed, 0...59, 10), hours: set(&seed, 0...23, 20), days: set(&seed, 1...31, 60),
                months: set(&seed, 1...12, 80), weekdays: set(&seed, 0...6, 60))
            let policy = ClockChangePolicy(
                gap: next(&seed) % 2 == 0 ? .skip : .runAtEnd, overlap: next(&seed) % 2 == 0 ? .once : .twice)
            let middle = all.isEmpty ? 1_790_000_000 : all[Int(next(&seed)) % all.count]
            let begin = (middle - 30_000) / 60 * 60
            let range = begin..<begin + 100_000
            // A day that no month has is refused.
            guard let times = try? clockTimes(expression.text, zone, policy) else { continue }
            let wanted = expected(expression, zone, policy, range)
            let found = times.instants(range)
            #expect(found == wanted, "seed \(started): \(name) \(policy) '\(expression.text)' in \(range)")
        }
    }
}
