import Testing

@testable import Manifests

@Suite("Calendar expressions") struct CalendarExpressionTests {
    @Test(
        "Days, dates and times, as systemd reads them",
        arguments: [
            ("minutely", "s=0 m=* h=* months=* days=*"), ("hourly", "s=0 m=0 h=* months=* days=*"),
            ("daily", "s=0 m=0 h=0 months=* days=*"), ("Weekly", "s=0 m=0 h=0 months=* days=2,9,16,23,30"),
            ("monthly", "s=0 m=0 h=0 months=* days=1"),
            ("quarterly", "s=0 m=0 h=0 months=1,4,7,10 days=1"),
            ("semiannually", "s=0 m=0 h=0 months=1,7 days=1"), ("yearly", "s=0 m=0 h=0 months=1 days=1"),
            (
                "Mon..Fri 9..17:00/15",
                "s=0 m=0,15,30,45 h=9,10,11,12,13,14,15,16,17 months=* days=\(workdays)"
            ),
            ("Mon,Fri *-*-1..7 18:00", "s=0 m=0 h=18 months=* days=2,6"),
            ("Sat 12:00:30", "s=30 m=0 h=12 months=* days=7,14,21,28"),
            ("Mon-Wed", "s=0 m=0 h=0 months=* days=2,3,4,9,10,11,16,17,18,23,24,25,30"),
            ("Mon, 12:00", "s=0 m=0 h=12 months=* days=2,9,16,23,30"),
            ("10-15", "s=0 m=0 h=0 months=10 days=15"), ("*-*", "s=0 m=0 h=0 months=* days=*"),
            ("*:0/15", "s=0 m=0,15,30,45 h=* months=* days=*"), ("*:*", "s=0 m=* h=* months=* days=*"),
            ("0/5:00", "s=0 m=0 h=0,5,10,15,20 months=* days=*"),
            ("*:10..50/15:30", "s=30 m=10,25,40 h=* months=* days=*"),
            ("*:*:*", "s=* m=* h=* months=* days=*"), ("*-1,3..5-*", "s=0 m=0 h=0 months=1,3,4,5 days=*"),
            ("*~3", "s=0 m=0 h=0 months=* days=28"), ("*-*~01..03", "s=0 m=0 h=0 months=* days=28,29,30"),
            ("*-*~07/2", "s=0 m=0 h=0 months=* days=24,26,28,30"),
            ("*-*~1..6/2", "s=0 m=0 h=0 months=* days=26,28,30"),
            ("Mon *-11~07/1", "s=0 m=0 h=0 months=11 days=30"), ("*-02~01", "s=0 m=0 h=0 months=2 days=28"),
        ])
    func read(text: String, expected: String) throws {
        #expect(try CalendarExpression.parse(text).pattern.portrait == expected)
    }

    static let workdays = "2,3,4,5,6,9,10,11,12,13,16,17,18,19,20,23,24,25,26,27,30"

    @Test("Years, with steps and ranges") func years() throws {
        let years = try CalendarExpression.parse("2026..2030/2,2199-*-* 00:00").pattern.years
        #expect((1970...2199).filter { years?.contains($0) == true } == [2026, 2028, 2030, 2199])
        let every = try CalendarExpression.parse("2190/4-1-1").pattern.years
        #expect((1970...2199).filter { every?.contains($0) == true } == [2190, 2194, 2198])
    }

    @Test(
        "What is wrong is said with its place, and what to write",
        arguments: [
            ("", 0, "is empty", "Mon..Fri"), ("dayly", 0, "did you mean 'daily'?", "shorthand"),
            ("Fri..Mon", 5, "from Monday towards Sunday", "Fri..Sun,Mon..Mon"),
            ("Tues", 0, "did you mean 'Tue'?", "Mon, Tue"),
            ("Mon..Wed..Fri", 8, "'..Fri' cannot follow", "Mon..Fri"),
            ("*/2:00", 0, "'*' takes no step here", "0/2"), ("*-*-*/3", 4, "'*' takes no step", "1/3"),
            ("22..2:00", 4, "ends at or after its beginning", "22..23,0..2"),
            ("24:00", 0, "24 is not among the hours", "0 to 23"),
            ("*:60", 2, "60 is not among the minutes", "0 to 59"),
            ("*-13-1", 2, "13 is not among the months", "1 to 12"),
            ("*-*-32", 4, "32 is not among", "1 to 31"),
            ("*-*~0", 4, "0 is not among the days from the end", "*-*~1"),
            ("12-10-15", 0, "12 is not among the years", "four digits"),
            ("2200-1-1", 0, "2200 is not among", "2027"),
            ("*-*-1/40", 6, "means 1 alone", "interval"), ("*:0/0", 3, "a step of 1 or more", "0/15"),
            ("12:00:00.5", 8, "parts of a second", "whole"), ("*:*:0/0.5", 7, "parts of a second", "whole"),
            ("10:00 Europe/Berlin", 6, "time zone", "timezone: Europe/Berlin"),
            ("10:00 UTC", 6, "time zone", "UTC"),
            ("*-2-30", 0, "never fires", "exists"), ("Mon 2026-11-24", 0, "never fires", "day of the week"),
            ("Mon Tue", 4, "does not belong here", "Mon..Fri"), ("12", 0, "neither a day", "Mon..Fri"),
            ("@daily", 0, "no part of a calendar", "write 'daily'"),
            ("0 3 * * *", 0, "cron expression", "'cron'"),
            ("*-*~1-1", 3, "year, month and day", "*-*~1"),
            ("1:2:3:4", 6, "hour, minute and second", "03:00"),
            ("1-2-3-4", 6, "year, month and day", "2027-10-15"), ("*:5-10", 3, "two dots", ".."),
            (":30", 0, "a number is missing among the hours", "0 to 23"),
            ("12:00 10:00", 6, "does not belong", "Mon..Fri"),
            ("99999999999999999999:00", 0, "not among the hours", "23"),
        ])
    func refused(text: String, offset: Int, message: String, remedy: String) {
        let error = #expect(throws: CalendarSyntaxError.self) { try CalendarExpression.parse(text) }
        #expect(error?.offset == offset)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.remedy.contains(remedy) == true, "\(error?.remedy ?? "")")
    }

    @Test("Names of zones lead nowhere but down") func zoneNames() {
        for name in [
            "UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+12", "America/Port-au-Prince",
        ] {
            #expect(TimeZoneName.isWellFormed(name), "\(name)")
        }
        let long = String(repeating: "a", count: 65)
        for name in [
            "", "/etc/passwd", "../x", "Europe/../x", "Europe//Berlin", "a b", "Europe/", "tzdata.zi", long,
        ] {
            #expect(!TimeZoneName.isWellFormed(name), "\(name)")
        }
    }
}

@Suite("Civil dates") struct CivilDateTests {
    @Test("Every day of 1890 to 2210 follows the one before it") func everyDay() {
        var expected = CivilDate(year: 1890, month: 1, day: 1)
        // 1890-01-01 was a Wednesday.
        var weekday = 3
        for days in expected.daysSinceEpoch..<CivilDate(year: 2210, month: 1, day: 1).daysSinceEpoch {
            let date = CivilDate(daysSinceEpoch: days)
            guard date == expected, date.daysSinceEpoch == days, date.weekday == weekday else {
                Issue.record("\(date) is not \(expected)")
                return
            }
            weekday = (weekday + 1) % 7
            expected.day += 1
            guard expected.day > CivilDate.days(inMonth: expected.month, of: expected.year) else { continue }
            expected.day = 1
            expected.month = expected.month % 12 + 1
            if expected.month == 1 { expected.year += 1 }
        }
    }

    @Test("Seconds before 1970 belong to the day that had begun") func negative() {
        #expect(CivilTime(local: -1).text == "1969-12-31 23:59:59")
        #expect(CivilTime(local: 951_782_400).text == "2000-02-29 00:00:00")
        #expect(CivilTime(local: -1).local == -1)
    }
}
