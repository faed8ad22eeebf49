import Testing

@testable import Manifests

@Suite("Cron expressions") struct CronExpressionTests {
    @Test(
        "Fields, names, ranges, steps and lists",
        arguments: [
            ("30 2 * * *", "s=0 m=30 h=2 months=* days=*"),
            ("*/15 * * * *", "s=0 m=0,15,30,45 h=* months=* days=*"),
            // A step begins anew in each hour: after 56 comes 0.
            ("*/7 * * * *", "s=0 m=0,7,14,21,28,35,42,49,56 h=* months=* days=*"),
            ("5/20 * * * *", "s=0 m=5,25,45 h=* months=* days=*"),
            ("10-30/10,59 0-23 * * *", "s=0 m=10,20,30,59 h=* months=* days=*"),
            ("15 30 2 * * *", "s=15 m=30 h=2 months=* days=*"),
            ("*/30 0 0 1 JAN,jul *", "s=0,30 m=0 h=0 months=1,7 days=1"),
            ("0 22-2 * * *", "s=0 m=0 h=0,1,2,22,23 months=* days=*"),
            ("0 22-4/2 * * *", "s=0 m=0 h=0,2,4,22 months=* days=*"),
            ("0 0 1 NOV-FEB ?", "s=0 m=0 h=0 months=1,2,11,12 days=1"),
            ("  0\t0 1 march *  ", "s=0 m=0 h=0 months=3 days=1"),
            ("@hourly", "s=0 m=0 h=* months=* days=*"), ("@Daily", "s=0 m=0 h=0 months=* days=*"),
            ("@midnight", "s=0 m=0 h=0 months=* days=*"), ("@monthly", "s=0 m=0 h=0 months=* days=1"),
            ("@yearly", "s=0 m=0 h=0 months=1 days=1"), ("@annually", "s=0 m=0 h=0 months=1 days=1"),
            ("@weekly", "s=0 m=0 h=0 months=* days=1,8,15,22,29"),
        ])
    func fields(text: String, expected: String) throws {
        // November 2026 begins on a Sunday, and so does March.
        #expect(try CronExpression.parse(text).pattern(for: "web").portrait == expected)
    }

    @Test(
        "Days, by the month and by the week",
        arguments: [
            // November 2026: the 1st is a Sunday, the 30th a Monday.
            ("0 0 * * MON", "2,9,16,23,30"), ("0 0 * * 0", "1,8,15,22,29"), ("0 0 * * 7", "1,8,15,22,29"),
            ("0 0 * * 5-7", "1,6,7,8,13,14,15,20,21,22,27,28,29"),
            ("0 0 * * FRI-MON", "1,2,6,7,8,9,13,14,15,16,20,21,22,23,27,28,29,30"),
            ("0 0 * * 7-1", "1,2,8,9,15,16,22,23,29,30"), ("0 0 * * 7-7", "1,8,15,22,29"),
            ("0 0 * * MON#2", "9"), ("0 0 * * 1#5", "30"), ("0 0 * * 0#5,SAT#1", "7,29"),
            ("0 0 * * 5L", "27"), ("0 0 * * monL,0L", "29,30"),
            ("0 0 L * *", "30"), ("0 0 L-3 * *", "27"), ("0 0 L,L-29,15 * *", "1,15,30"),
            ("0 0 L-30 * *", ""), ("0 0 LW * *", "30"), ("0 0 L-1W * *", "30"), ("0 0 L-2W * *", "27"),
            // The 1st is a Sunday: the nearest weekday in the same month is Monday the 2nd.
            ("0 0 1W * *", "2"), ("0 0 7W * *", "6"), ("0 0 15w * ?", "16"), ("0 0 31W * *", ""),
            ("0 0 28-3 * *", "1,2,3,28,29,30"), ("0 0 31 * *", ""),
            // Both restricted: one of the two is enough (crontab(5)).
            ("0 0 13 * FRI", "6,13,20,27"), ("0 0 1,2 * MON#2", "1,2,9"),
            // One that begins with `*` is not restricted, and both have to fit.
            ("0 0 */2 * MON", "9,23"), ("0 0 13 * */5", "13"), ("0 0 ? * WED", "4,11,18,25"),
        ])
    func days(text: String, expected: String) throws {
        let pattern = try CronExpression.parse(text).pattern(for: "web")
        #expect(listed(pattern.days(inMonth: 11, of: 2026)) == expected)
    }

    @Test("The nearest weekday stays in its month, and the last of February is found") func edges() throws {
        // 1 August 2026 is a Saturday, 28 February a Saturday, 31 May a Sunday.
        let first = try CronExpression.parse("0 0 1W * *").pattern(for: "")
        #expect(listed(first.days(inMonth: 8, of: 2026)) == "3")
        let last = try CronExpression.parse("0 0 LW * *").pattern(for: "")
        #expect(listed(last.days(inMonth: 2, of: 2026)) == "27")
        #expect(listed(last.days(inMonth: 5, of: 2026)) == "29")
        let leap = try CronExpression.parse("0 0 L 2 *").pattern(for: "")
        #expect(listed(leap.days(inMonth: 2, of: 2028)) == "29")
        #expect(listed(leap.days(inMonth: 2, of: 2100)) == "28")
    }

    @Test("H follows from the name, is never another number, and stays within its range") func hashed() throws
    {
        let both = try CronExpression.parse("H H * * *")
        // These numbers are for ever: others would move every Schedule on an upgrade.
        #expect(both.pattern(for: "backup").portrait == "s=0 m=27 h=14 months=* days=*")
        #expect(both.pattern(for: "report").portrait == "s=0 m=50 h=19 months=* days=*")
        let names = (0..<600).map { "job-\($0)" }
        let minutes = Set(names.map { both.pattern(for: $0).minutes })
        #expect(minutes.count == 60)
        for name in names {
            let ranged = try CronExpression.parse("H(10-19) H(0-5)/3 H H H").pattern(for: name)
            #expect(
                (10...19).contains(ranged.minutes.trailingZeroBitCount) && ranged.minutes.nonzeroBitCount == 1
            )
            #expect(ranged.hours.nonzeroBitCount == 2 && ranged.hours < 1 << 6)
            #expect((1...28).contains(ranged.days.ofMonth.trailingZeroBitCount))
            #expect((0...6).contains(ranged.days.weekdays.trailingZeroBitCount))
            let quarter = try CronExpression.parse("H/15 * * * *").pattern(for: name)
            #expect(quarter.minutes.nonzeroBitCount == 4)
            #expect(quarter.minutes.trailingZeroBitCount < 15)
        }
    }

    @Test(
        "What is wrong is said with its place, and what to write",
        arguments: [
            ("", 0, "is empty", "five fields"), ("* * * *", 7, "this one has 4", "minute, hour"),
            ("0 0 12 ? * MON 2027", 15, "this one has 7", "'calendar'"),
            ("0 3 * * * /bin/x --all y", 17, "this one has 8", "'action'"),
            ("60 * * * *", 0, "60 is not among the minutes, which go from 0 to 59", "0 to 59"),
            ("0 24 * * *", 2, "24 is not among the hours", "midnight is 0"),
            ("0 0 0 * *", 4, "0 is not among the days of the month", "L for the last"),
            ("0 0 * 13 *", 6, "13 is not among the months", "JAN"),
            ("0 0 * * 8", 8, "8 is not among the days of the week", "0 and 7 are Sunday"),
            ("0 0 * * MOM", 8, "did you mean 'MON'?", "MON-FRI"),
            ("0 0 * JUNI *", 6, "did you mean 'JUN'?", "MAR-MAY"),
            ("0 0 * * TUES", 8, "did you mean 'TUE'?", "MON-FRI"),
            ("0,,5 * * * *", 2, "missing beside the comma", "remove"),
            ("*/0 * * * *", 2, "a step of 0", "1 or more"), ("*/ * * * *", 1, "missing after '/'", "*/15"),
            ("*/90 * * * *", 2, "means 0 alone", "interval"), ("0 0 */31 * *", 6, "means 1 alone", "write 1"),
            ("5-x * * * *", 2, "nothing that the minutes know", "0 to 59"),
            ("1-2-3 * * * *", 3, "'-3' cannot follow '1-2'", "0 to 59"),
            ("? * * * *", 0, "two fields for days", "'*'"), ("0 0 * * L", 8, "needs a day before it", "5L"),
            ("0 0 W * *", 4, "needs a day before it", "15W"), ("0 0 * * 1#6", 9, "from 1 to 5", "1L"),
            ("0 0 L-31 * *", 5, "from 1 to 30", "L-3"), ("0 0 32W * *", 4, "32 is not among", "15W"),
            ("0 0 H(1-31) * *", 6, "within 1 to 28", "H(1-28)"),
            ("H(5) * * * *", 1, "parentheses", "H(0-59)"),
            ("H/61 * * * *", 2, "from 1 to 60", "H/15"),
            ("H5 * * * *", 1, "'5' cannot follow 'H'", "0 to 59"),
            ("30 2 30 2 *", 5, "never fires", "L is the last"), ("0 0 31 4,6,9,11 *", 4, "never fires", "L"),
            ("0 0 31W 2 ?", 4, "never fires", "L"), ("0 0 0 30 FEB ?", 6, "never fires", "L"),
            ("@reboot", 0, "is no time", "oneshot"), ("@every 5m", 0, "is an interval", "interval: 5m"),
            ("@dayly", 0, "unknown shorthand", "did you mean '@daily'?"),
            ("@daily 5", 7, "nothing may follow", "alone"),
            ("CRON_TZ=Asia/Tokyo 0 0 * * *", 0, "time zone", "timezone: Asia/Tokyo"),
            ("Mon..Fri 09:00", 0, "calendar expression", "'calendar'"),
            ("daily", 0, "of 'calendar'", "@daily"),
            ("0 0 * * é", 8, "nothing that the days of the week know", "MON"),
            ("99999999999999999999 * * * *", 0, "not among the minutes", "59"),
            ("*/99999999999999999999 * * * *", 2, "so large a step", "interval"),
        ])
    func refused(text: String, offset: Int, message: String, remedy: String) {
        let error = #expect(throws: CalendarSyntaxError.self) { try CronExpression.parse(text) }
        #expect(error?.offset == offset)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.remedy.contains(remedy) == true, "\(error?.remedy ?? "")")
    }

    @Test("Whatever the bytes are, it is read or refused with a place within the text") func noise() {
        var seed: UInt64 = 0x5EED_CA1E_4DA8
        let letters = Array("0123456789*/-,?LWH#()@ MONJAN:.~%é\t".unicodeScalars)
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int(random(&seed) % 24) {
                text.unicodeScalars.append(letters[Int(random(&seed) % UInt64(letters.count))])
            }
            do {
                _ = try CronExpression.parse(text)
            } catch {
                #expect((0...text.utf8.count).contains(error.offset), "\(text)")
            }
            do {
                _ = try CalendarExpression.parse(text)
            } catch {
                #expect((0...text.utf8.count).contains(error.offset), "\(text)")
            }
        }
    }
}

func random(_ seed: inout UInt64) -> UInt64 {
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return seed >> 33
}

func listed(_ bits: UInt64, all: UInt64 = 0) -> String {
    if bits == all, bits != 0 { return "*" }
    return (0..<64).filter { bits >> UInt64($0) & 1 == 1 }.map(String.init).joined(separator: ",")
}

extension TimePattern {
    /// In words that a person can check; days of November 2026, or of the first month of the pattern.
    var portrait: String {
        let month = months >> 11 & 1 == 1 ? 11 : months.trailingZeroBitCount
        let all = (UInt64(2) << UInt64(CivilDate.days(inMonth: month, of: 2026))) - 2
        return "s=\(listed(seconds, all: Self.allMinutes)) m=\(listed(minutes, all: Self.allMinutes))"
            + " h=\(listed(hours, all: Self.allHours)) months=\(listed(months, all: Self.allMonths))"
            + " days=\(listed(days.days(inMonth: month, of: 2026), all: all))"
    }
}
