import Manifests

@testable import Reconciler
@testable import StatusAPI

extension Sample {
    static func schedule(
        _ name: String, timezone: String = "UTC", labels: [String: String] = ["team": "shop"],
        trigger: ScheduleTrigger = .interval(.seconds(900), anchor: 0),
        action: DesiredSchedule.Action = .restart(instance: "web")
    ) -> DesiredSchedule {
        var schedule = DesiredSchedule(
            name: name, place: Location(file: "schedules/\(name).yaml", line: 4, column: 3), trigger: trigger,
            action: action, hash: SpecHash(hex: String(repeating: "c", count: 64)))
        schedule.labels = labels
        schedule.timezone = timezone
        schedule.startingDeadline = .seconds(600)
        schedule.window = RunWindow(days: [1, 2], from: 1_320, to: 360)
        schedule.timeout = .seconds(3_600)
        schedule.retries = RetryPolicy(max: 2)
        schedule.successExitCodes = [2]
        schedule.dependsOn = [Dependency(instance: "db", condition: .ready, required: true)]
        return schedule
    }

    static var reportAction: DesiredSchedule.Action {
        .run(spec: Boxed(wrappedValue: spec("web")), reference: "web@^1.4")
    }

    /// - Parameter number: greater for a newer one.
    static func scheduled(
        _ schedule: String, _ number: Int, _ state: ScheduledRun.State,
        reason: ScheduledRunReason? = nil, message: String? = nil, exit: Int32? = nil
    ) -> ScheduledRun {
        let id = RunID(milliseconds: UInt64(1_790_000_000_000 + number), randomness: 0xABCD_0000)
        var run = ScheduledRun(
            id: id, schedule: schedule, trigger: .time, nominal: wall(number), state: state,
            reason: reason?.rawValue, message: message, recorded: wall(number), revision: revision,
            specHash: spec("web").specHash)
        guard !state.isMissed, state != .queued else { return run }
        var report: ExitReport?
        if let exit {
            report = ExitReport(
                cause: .exited(code: exit), startedWall: wall(number), endedWall: wall(number + 12),
                cpuTime: .milliseconds(250), memoryPeakBytes: 4_096)
        }
        run.attempts = [
            ScheduledRun.Attempt(
                run: id, started: wall(number), ended: report == nil ? nil : wall(number + 12), exit: report)
        ]
        return run
    }

    static let failedRun: ScheduledRun = {
        var run = scheduled("nightly", -3_600, .failed, reason: .exitCode, exit: 3)
        run.attempt = 2
        let second = RunID(milliseconds: 1_790_000_000_500, randomness: 7)
        run.attempts.append(
            ScheduledRun.Attempt(
                run: second, started: wall(-3_580), ended: wall(-3_570), exit: run.attempts[0].exit))
        run.errors = "cannot open /srv/report\nthe secret is correct-horse\n"
        run.output = [ScheduledRun.OutputFile(path: "report/a.csv", bytes: 1_234)]
        return run
    }()

    static var schedules: [ScheduleStatus] {
        [
            ScheduleStatus(
                schedule: schedule("hourly", labels: [:]), state: .active,
                next: Firing(nominal: wall(600), due: wall(630), note: "a note"),
                last: scheduled("hourly", -300, .forbidden, reason: .forbidden),
                active: [scheduled("hourly", -20, .running)]),
            ScheduleStatus(
                schedule: schedule("nightly", timezone: "Europe/Berlin", action: reportAction),
                state: .failing, next: Firing(nominal: wall(600)), last: failedRun,
                lastSuccess: wall(-90_000),
                failures: 3),
        ]
    }

    /// The newest first.
    static var scheduledRuns: [ScheduledRun] {
        (schedules.flatMap { [$0.last].compactMap { $0 } + $0.active }
            + (0..<5).map { scheduled("nightly", -100_000 - $0, .succeeded, exit: 0) })
            .sorted { $0.id > $1.id }
    }
}

extension SampleSource {
    func schedules(in state: AgentState) -> [ScheduleStatus]? { statuses }

    func scheduledRuns(_ query: ScheduledRunQuery) async throws -> ScheduledRunPage {
        let fitting = scheduled.filter { run in
            (query.schedule.map { $0 == run.schedule } ?? true)
                && (query.schedules?.contains(run.schedule) ?? true)
                && (query.states.isEmpty || query.states.contains(run.state))
                && (query.since.map { run.recorded >= $0 } ?? true)
        }
        let rest = fitting.filter { run in query.after.map { run.id < $0 } ?? true }
        return ScheduledRunPage(
            runs: Array(rest.prefix(query.limit)), total: fitting.count, hasMore: rest.count > query.limit)
    }

    func upcoming(_ schedule: DesiredSchedule, in range: Range<WallTime>, limit: Int) -> [Firing] {
        (1...3).prefix(limit).map { Firing(nominal: Sample.wall($0 * 900)) }
    }

    func utcOffset(of zone: String, at time: WallTime) -> Int? {
        ["UTC": 0, "Europe/Berlin": 7_200, "America/St_Johns": -9_000][zone]
    }

    func logs(of run: ScheduledRun, _ query: LogHistoryQuery) async throws -> LogHistoryPage? {
        guard !run.attempts.isEmpty else { return nil }
        var record = LogRecordDocument(
            kind: "line", time: run.recorded, replica: run.schedule, stream: "stderr", runId: run.id.text)
        record.text = "cannot open /srv/report"
        record.complete = true
        return LogHistoryPage(records: [record], older: nil)
    }
}
