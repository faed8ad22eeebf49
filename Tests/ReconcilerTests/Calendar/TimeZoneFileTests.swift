import Foundation
import Manifests
import Testing

@testable import Reconciler

@Suite("Files of time zones") struct TimeZoneFileTests {
    private func bytes(_ name: String) throws -> [UInt8] {
        for line in try CalendarFixture.lines("zones.txt") {
            let parts = line.split(separator: " ")
            guard parts[0].split(separator: ",").contains(where: { $0 == name }) else { continue }
            return Array(try #require(Data(base64Encoded: String(parts[1]))))
        }
        throw TimeZoneFileError.notTimeZone
    }

    @Test(
        "What holds before, within and after the changes that are listed, as history has it",
        arguments: [
            ("Europe/Berlin", "1800-01-01T00:00:00Z", 3_208),
            ("Europe/Berlin", "1945-06-01T00:00:00Z", 10_800),
            ("Europe/Berlin", "2026-07-01T00:00:00Z", 7_200),
            ("Europe/Berlin", "2199-07-01T00:00:00Z", 7_200),
            ("Europe/Berlin", "2199-12-01T00:00:00Z", 3_600),
            ("America/New_York", "2150-03-09T07:00:00Z", -14_400),
            ("Australia/Lord_Howe", "2190-01-01T00:00:00Z", 39_600),
            ("Asia/Kathmandu", "2026-01-01T00:00:00Z", 20_700),
            ("Pacific/Apia", "2011-12-30T09:59:59Z", -36_000),
            ("Pacific/Apia", "2011-12-30T10:00:00Z", 50_400),
            ("Etc/GMT+12", "2026-01-01T00:00:00Z", -43_200), ("Europe/Dublin", "2100-01-01T00:00:00Z", 0),
            ("Europe/Dublin", "2100-07-01T00:00:00Z", 3_600),
            ("Africa/Casablanca", "2150-01-01T00:00:00Z", 0),
        ])
    func offsets(name: String, at: String, expected: Int64) throws {
        #expect(try CalendarFixture.zone(name).offset(at: instant(at)) == expected)
    }

    @Test(
        "Rules of every form",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 3_600, 7_200, "2026-03-29 01:00:00", "2026-10-25 01:00:00"),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 3_600, 0, "2026-10-25 01:00:00", "2026-03-29 01:00:00"),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7_200, -3_600, "2026-03-29 01:00:00", "2026-10-25 01:00:00"),
            ("EET-2EEST,J60/0,J300/0", 7_200, 10_800, "2026-02-28 22:00:00", "2026-10-26 21:00:00"),
            ("AAA3BBB,59/1:30:15,299", -10_800, -7_200, "2026-03-01 04:30:15", "2026-10-27 04:00:00"),
            ("EST5EDT,M3.2.0/50,M11.1.0/-24", -18_000, -14_400, "2026-03-10 07:00:00", "2026-10-31 04:00:00"),
        ])
    func rules(text: String, standard: Int32, summer: Int32, begins: String, ends: String) throws {
        let rule = try #require(TimeZoneRule(Array(text.utf8)[...]))
        #expect(rule.standard == standard)
        #expect(rule.summer?.offset == summer)
        let year = rule.changes(through: 2027).filter { CivilTime(local: $0.at).text.hasPrefix("2026") }
        #expect(year.first { $0.offset == summer }.map { CivilTime(local: $0.at).text } == begins)
        #expect(year.first { $0.offset == standard }.map { CivilTime(local: $0.at).text } == ends)
    }

    @Test("It is always summer where the end of one is the beginning of the next") func alwaysSummer() throws
    {
        let rule = try #require(TimeZoneRule(Array("XXX3EDT4,0/0,J365/23".utf8)[...]))
        let zone = TimeZoneRules(initial: rule.standard, rule.changes(through: 2199))
        #expect(zone.offset(at: instant("2199-12-31T00:00:00Z")) == -14_400)
        #expect(zone.offset(at: instant("2026-01-01T00:00:00Z")) == -14_400)
    }

    @Test(
        "What is no rule is refused",
        arguments: [
            "", "C-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0", "<+03-3", "CET-25", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,J0,J5",
            "CET-1CEST,366,5", "CET-1x", "CET-1CEST,M3.5.0,M10.5.0,",
        ])
    func noRule(text: String) { #expect(TimeZoneRule(Array(text.utf8)[...]) == nil) }

    @Test("Bytes that are no zone, or only the beginning of one, are refused") func damaged() throws {
        let whole = try bytes("Europe/Berlin")
        #expect(throws: TimeZoneFileError.notTimeZone) { try TimeZoneRules(tzif: []) }
        #expect(throws: TimeZoneFileError.notTimeZone) {
            try TimeZoneRules(tzif: Array(repeating: 65, count: 500))
        }
        #expect(throws: TimeZoneFileError.tooLarge) {
            try TimeZoneRules(tzif: whole + Array(repeating: 0, count: TimeZoneFileReader.bytesMax))
        }
        for count in whole.indices {
            #expect(throws: TimeZoneFileError.self) { try TimeZoneRules(tzif: Array(whole[..<count])) }
        }
    }

    @Test("Any bytes may be wrong: it is read or refused, in no time") func noise() throws {
        var seed: UInt64 = 20_261_122
        for name in ["Europe/Berlin", "Africa/Casablanca", "UTC"] {
            let whole = try bytes(name)
            for _ in 0..<1_500 {
                var some = whole
                for _ in 0..<4 {
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    some[Int(seed >> 33) % some.count] = UInt8(truncatingIfNeeded: seed >> 20)
                }
                guard let zone = try? TimeZoneRules(tzif: some) else { continue }
                let times = try clockTimes("30 2 * * *", zone)
                _ = times.first(atOrAfter: 1_790_000_000)
            }
        }
    }
}
