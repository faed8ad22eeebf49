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
                "SCHEDULE  STATE           NEXT  AT                          LAST      AGO "
                    + " TRIGGER              ACTION            REASON",
                "moon      broken             –                              –             "
                    + " cron 0 3 * * *       run report@1.4.2  this host does not know the time z"
                    + "one Moon/Base",
                "nightly   failing    in 17h00m  2026-11-23 03:00:00 +01:00  failed  7h00m "
                    + " cron 0 3 * * *       run report@1.4.2  3 runs in a row failed, the last: "
                    + "exit code 3",
                "quiet     suspended          –                              –             "
                    + " cron 0 3 * * *       run report@1.4.2  suspended: it does not fire until "
                    + "spec.suspend is false again",
                "hourly    running     in 1h00m  2026-11-22 11:00:00 +01:00  –             "
                    + " every 1h             run report@1.4.2",
                "once      active             –                              –             "
                    + " calendar 2026-01-01  run report@1.4.2  it never fires again: its calendar"
                    + " has no time that is still to come",
                "spring    active       in 125d  2027-03-28 03:00:00 +02:00  –             "
                    + " cron 30 2 28 3 *     run report@1.4.2  02:30 does not exist on that day",
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
                "RUN                   SCHEDULE  TIME                          AGO  STATE  "
                    + "      LATE  TOOK  TRY  REASON",
                "019aa7777777deadbeef  hourly    2026-11-22 08:59:30 UTC       30s  running"
                    + "             30s",
                "019aa6666666deadbeef  hourly    2026-11-22 08:00:00 UTC     1h00m  forbidd"
                    + "en             –       an earlier run was still going on",
                "019aa5c1f2a3deadbeef  nightly   2026-11-22 03:00:00 +01:00  7h00m  failed "
                    + "             41s    2  exit code 3",
                "019aa5555555deadbeef  clock     2026-11-22 01:00:00 UTC     8h00m  succeed"
                    + "ed  -1h00m  1.5s",
            ])
    }

    @Test("One run with its attempts, what it wrote, and what it left") func show() throws {
        let detail = try decoded(RunDetailDocument.self, ScheduleExamples.runDetail)
        let lines = ScheduledRunReport(detail: detail, now: try now()).lines(width: nil, paint: .none)
        #expect(
            lines == [
                "019aa5c1f2a3deadbeef  nightly  failed",
                "time      2026-11-22 03:00:00 +01:00, 7h00m ago",
                "trigger   the clock",
                "began     2026-11-22T02:00:00.000Z, 0.03s late",
                "ended     2026-11-22T02:00:00.000Z, took 41s",
                "exit      exit code 3",
                "used      cpu 0.25s, memory at most 4Mi",
                "reason    ExitCode",
                "to do     read what it wrote: `plumb runs logs 019aa5c1`",
                "revision  main@3f2a9c1 by Ann <ann@example.org>: Report, nightly",
                "files     /var/lib/plumb/schedules/nightly/019aa5c1f2a3deadbeef",
                "",
                "TRY  RUN                   BEGAN                     TOOK  EXIT           "
                    + "CPU  MEMORY",
                "  1  019aa5c1f2a3deadbeef  2026-11-22T02:00:00.034Z   20s  exit code 3  0."
                    + "25s     4Mi",
                "  2  019aa5c1ffffdeadbeef  never                        –",
                "",
                " SIZE  OUTPUT",
                "1.5Ki  report/a.csv",
                "",
                "THE LAST OF STDERR",
                "cannot open /srv/report",
                "giving up",
            ])
    }

    @Test("One Schedule: why it is as it is, what is declared, when it fires next") func describe() throws {
        let detail = try decoded(ScheduleDetailDocument.self, ScheduleExamples.detail)
        let list = try decoded(ListDocument<RunDocument>.self, ScheduleExamples.runs)
        let report = ScheduleReport(detail: detail, runs: [list.items[2]], now: try now())
        #expect(
            report.lines(width: nil, paint: .none) == [
                "nightly  failing  cron 0 3 * * *",
                "declared at schedules/nightly.yaml:4  team=shop",
                "3 runs in a row failed, the last: exit code 3",
                "to do: read what it wrote: `plumb runs logs 019aa5c1f2a3deadbeef`",
                "",
                "action       run report@1.4.2 (report@^1)",
                "time zone    Europe/Berlin; gap: runAtEnd, overlap: once",
                "catch up     last",
                "concurrency  queue, 10 may wait",
                "deadline     10m after its time",
                "window       daily 22:00–06:00",
                "timeout      1h",
                "retries      2, after 10s, times 2, at most 10m",
                "success      exit codes 0, 2",
                "depends on   db ready",
                "history      20 and 20 failed ones, 30d at most",
                "",
                "FIRES                              IN  NOTE",
                "2026-11-23 03:00:00 +01:00  in 17h00m",
                "2027-03-28 03:00:00 +02:00    in 125d  02:30 does not exist on that day",
                "",
                "remembered: 3 failed, 12 succeeded",
                "",
                "RUN                   SCHEDULE  TIME                          AGO  STATE  "
                    + " TOOK  TRY  REASON",
                "019aa5c1f2a3deadbeef  nightly   2026-11-22 03:00:00 +01:00  7h00m  failed "
                    + "  41s    2  exit code 3",
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
            (WallTime(nanoseconds: .max), "in 8"), (WallTime(nanoseconds: .min), "ago"),
            (WallTime(nanoseconds: 1_795_338_000_000_000_000), "now"),
        ]) func distances(time: WallTime, part: String) throws
    {
        let now = Timestamp(WallTime(nanoseconds: 1_795_338_000_000_000_000))
        #expect(MomentText.distance(Timestamp(time), now: now).contains(part))
        #expect(!MomentText.clock(Timestamp(time), local: nil).isEmpty)
    }
}
