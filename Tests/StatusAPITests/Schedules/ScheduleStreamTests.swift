import Reconciler
import Testing

@testable import StatusAPI

@Suite("Schedules on the stream and in metrics") struct ScheduleStreamTests {
    private func documents(_ statuses: [ScheduleStatus]) -> [ScheduleDocument] {
        let source = SampleSource(schedules: statuses)
        return ScheduleDocument.all(in: source.current, source)
    }

    private func take(_ statuses: [ScheduleStatus], into ledger: inout StreamLedger) throws {
        let all = documents(statuses)
        try ledger.take(StatusDocument(Sample.state(), schedules: all), schedules: all)
    }

    @Test("The picture has each Schedule; then what changes or goes is told once", arguments: [1, 1 << 20])
    func changes(bytesMax: Int) throws {
        var ledger = StreamLedger(epoch: "e")
        var statuses = Sample.schedules
        try take(statuses, into: &ledger)
        var cursor = StreamCursor(StreamQuery(), resuming: nil, in: ledger)
        let picture = try cursor.drain(ledger, bytesMax: bytesMax)
        #expect(picture.map(\.name).count { $0 == "schedule" } == 2)
        #expect(try picture.last?.document(CompleteDocument.self).schedules == 2)

        try take(statuses, into: &ledger)
        #expect(try cursor.drain(ledger, bytesMax: bytesMax).isEmpty)
        statuses[0].active = []
        try take(statuses, into: &ledger)
        let changed = try cursor.drain(ledger, bytesMax: bytesMax)
        // It is in trouble, so the head names it too.
        #expect(changed.map(\.name) == ["schedule", "status"])
        #expect(try changed.first?.document(ScheduleDocument.self).name == "hourly")
        statuses.removeFirst()
        try take(statuses, into: &ledger)
        let gone = try cursor.drain(ledger, bytesMax: bytesMax)
        #expect(gone.map(\.name) == ["scheduleRemoved", "status"])
        #expect(try gone.first?.document(RemovedDocument.self).name == "hourly")
    }

    @Test("Who watches one Instance is told of no Schedule")
    func oneInstance() throws {
        var ledger = StreamLedger(epoch: "e")
        try take(Sample.schedules, into: &ledger)
        var query = StreamQuery()
        query.instance = "web"
        var cursor = StreamCursor(query, resuming: nil, in: ledger)
        let picture = try cursor.drain(ledger)
        #expect(!picture.map(\.name).contains("schedule"))
    }

    @Test("Metrics tell what fires next, what failed, and how late runs began")
    func metrics() throws {
        let families = ScheduleMetrics.families(Sample.schedules, now: Sample.wall(0))
        let text = families.exposition
        for line in [
            "plumb_schedules{state=\"failing\"} 1", "plumb_schedules{state=\"broken\"} 0",
            "plumb_schedule_next_run_timestamp_seconds{schedule=\"hourly\"} 1790000630.123",
            "plumb_schedule_failures_in_a_row{schedule=\"nightly\"} 3",
            "plumb_schedule_active_runs{schedule=\"hourly\"} 1",
            "plumb_schedule_trouble{schedule=\"hourly\",kind=\"missed\"} 1",
            "plumb_schedule_trouble{schedule=\"hourly\",kind=\"failing\"} 0",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        // One that never succeeded has no time at which it did.
        #expect(!text.contains("plumb_schedule_last_success_timestamp_seconds{schedule=\"hourly\"}"))
        let late = AgentMeters.Histogram(bounds: [0.05, 1], counts: [4, 1, 1], sum: 3)
        let counted = AgentMeters.families(of: [
            .init(name: "hourly", runs: [("succeeded", 6), ("missed", 0)], lateness: late, retries: 2)
        ]).exposition
        for line in [
            "plumb_schedule_runs_total{schedule=\"hourly\",state=\"missed\"} 0",
            "plumb_schedule_lateness_seconds_bucket{schedule=\"hourly\",le=\"0.05\"} 4",
            "plumb_schedule_lateness_seconds_bucket{schedule=\"hourly\",le=\"+Inf\"} 6",
            "plumb_schedule_lateness_seconds_count{schedule=\"hourly\"} 6",
            "plumb_schedule_retries_total{schedule=\"hourly\"} 2",
        ] {
            #expect(counted.contains(line + "\n"), "\(line)")
        }
    }
}
