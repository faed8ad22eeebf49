import Reconciler
import Testing

@testable import StatusAPI

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
    ])
    func timesAreWrittenAndRead(milliseconds: Int64, text: String) {
        let time = Timestamp(WallTime(nanoseconds: milliseconds * 1_000_000))
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
    }

    @Test func offsetsAndDecimalsAreUnderstood() {
        let expected = Timestamp("2026-11-21T09:30:00.500Z")
        #expect(Timestamp("2026-11-21T10:30:00.5+01:00") == expected)
        #expect(Timestamp("2026-11-21t04:00:00.50000000000-05:30") == expected)
        #expect(Timestamp("2026-11-21 09:30:00.500z") == expected)
        #expect(Timestamp("5238-04-12T07:16:04Z")?.wall.nanoseconds == .max)
        #expect(Timestamp("0001-01-01T00:00:00Z")?.wall.nanoseconds == .min)
    }

    @Test(arguments: [
        "", "now", "2026-11-21", "2026-11-21T09:30:00", "2026-11-21T25:30:00Z", "2026-00-21T09:30:00Z",
        "2026-11-21T09:30:00.Z", "2026-11-21T09:30:00Zx", "2026-11-21T09:30:00+0100", "９026-11-21T09:30:00Z",
    ])
    func nonsenseIsNoTime(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func timesOfNineCenturiesSurvive() {
        for step in stride(from: Int64(-9_000_000_000_000), to: 9_000_000_000_000, by: 7_777_777_777) {
            let time = Timestamp(WallTime(nanoseconds: step * 1_000_000))
            #expect(Timestamp(time.description) == time, "\(step)")
        }
    }
}
