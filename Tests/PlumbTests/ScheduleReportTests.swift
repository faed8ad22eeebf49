import Reconciler
import StatusAPI
import Testing

@testable import Plumb

/// What operators read of Schedules and their runs.
@Suite("schedules and runs") struct ScheduleReportTests {
    private func decoded<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try WireFormat.decode(type, from: Array(text.utf8))
    }

    private func now() throws -> Timestamp { try #require(Timestamp(ScheduleExamples.now)) }

    private func schedules() throws -> [ScheduleDocument] {
        try decoded([ScheduleDocument].self, ScheduleExamples.schedules)
    }

    @Test("Schedules, the worst first, with their next and their last time") func table() throws {
        let lines = ScheduleTable(schedules: try schedules(), now: try now()).lines(width: nil, paint: .none)
        #expect(
            lines == [
                "SCHEDULE  STATE        NEXT  AT                          LAST    AGO    TRIGGER              "
                    + "ACTION            REASON",
                "moon      broken          –                              –              cron 0 3 * * *       "
                    + "run report@1.4.2  this host does not know the time zone Moon/Base",
                "nightly   failing   in 17h00m  2026-11-23 03:00:00 +01:00  failed  7h00m  cron 0 3 * * *       "
                    + "run report@1.4.2  3 runs in a row failed, the last: exit code 3",
            ])
    }

    @Test("On a narrow terminal every line fits, and names and states stay whole", arguments: [80, 60])
    func narrow(width: Int) throws {
        let lines = ScheduleTable(schedules: try schedules(), now: try now()).lines(
            width: width, paint: .none)
        for line in lines { #expect(PrintableText.columns(line) <= width, "\(line)") }
        #expect(lines.contains { $0.hasPrefix("nightly   failing") })
        #expect(lines.contains { $0.hasPrefix("quiet     suspended") })
    }

    @Test("Runs, also those that never began, with the reason; a clock set back is told as it is")
    func runs() throws {
        let list = try decoded(ListDocument<RunDocument>.self, ScheduleExamples.runs)
        let lines = ScheduledRunTable(runs: list.items, now: try now()).lines(width: nil, paint: .none)
        #expect(
            lines == [
                "RUN                   SCHEDULE  TIME                          AGO  STATE      LATE  TOOK  TRY  REASON"
            ])
    }

    @Test("One run with its attempts, what it wrote, and what it left") func show() throws {
        let detail = try decoded(RunDetailDocument.self, ScheduleExamples.runDetail)
        let lines = ScheduledRunReport(detail: detail, now: try now()).lines(width: nil, paint: .none)
        #expect(
            lines == [
                "019aa5c1f2a3deadbeef  nightly  failed"
            ])
    }

    @Test("One Schedule: why it is as it is, what is declared, when it fires next") func describe() throws {
        let detail = try decoded(ScheduleDetailDocument.self, ScheduleExamples.detail)
        let list = try decoded(ListDocument<RunDocument>.self, ScheduleExamples.runs)
        let report = ScheduleReport(detail: detail, runs: [list.items[2]], now: try now())
        #expect(
            report.lines(width: nil, paint: .none) == [
                "nightly  failing  cron 0 3 * * *"
            ])
    }

    @Test("Status names Schedules in trouble, and is silent about the others") func status() throws {
        var status = try decoded(StatusDocument.self, WireExamples.status)
        status.observedAt = try now()
        status.schedules = ScheduleSummaryDocument(try schedules())
        let lines = StatusReport(status: status).lines(width: 120, paint: .none)
        let start = try #require(lines.firstIndex { $0.hasPrefix("SCHEDULE") })
        #expect(
            Array(lines[start..<(start + 4)]) == [
                "SCHEDULE  STATE      AGO       NEXT  REASON",
                "moon      broken       –          –  this host does not know the time zone Moon/Base",
                "nightly   failing  6h59m  in 17h00m  3 runs in a row failed, the last: exit code 3",
                "",
            ])
        #expect(lines[1] == "2 of 3 Instances synced, 2 of 4 replicas ready, 6 Schedules")
        status.schedules = ScheduleSummaryDocument(Array(try schedules().suffix(1)))
        #expect(
            !StatusReport(status: status).lines(width: 120, paint: .none).contains {
                $0.hasPrefix("SCHEDULE")
            })
    }

    @Test("Values with commas, quotes and line ends come back from CSV as they were") func csv() {
        #expect(
            CSVText.row(["plain", "a,b", "say \"no\"", "two\nlines", " edge", "", "a\r"])
                == "plain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\" edge\",,\"a\r\"")
    }

    @Test(
        "Distances and clocks of strange moments",
        arguments: [
            (WallTime(nanoseconds: .max), "in 85"), (WallTime(nanoseconds: .min), "ago"),
            (WallTime(nanoseconds: 1_795_338_000_000_000_000), "now"),
        ]) func distances(time: WallTime, part: String) throws
    {
        let now = Timestamp(WallTime(nanoseconds: 1_795_338_000_000_000_000))
        #expect(MomentText.distance(Timestamp(time), now: now).contains(part))
        #expect(!MomentText.clock(Timestamp(time), local: nil).isEmpty)
    }
}
