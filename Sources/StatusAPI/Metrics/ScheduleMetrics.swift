import Reconciler

/// What `/metrics` tells of Schedules. Labels are bounded by what is declared.
enum ScheduleMetrics {
    static func families(_ statuses: [ScheduleStatus], now: WallTime) -> [MetricFamily] {
        var states = MetricFamily("plumb_schedules", .gauge, "Schedules in each state.")
        if !statuses.isEmpty {
            for state in ScheduleStatus.State.allCases {
                states.add(statuses.count { $0.state == state }, ["state": state.rawValue])
            }
        }
        var next = MetricFamily(
            "plumb_schedule_next_run_timestamp_seconds", .gauge,
            "When it fires next by the clock, in seconds since 1970.")
        var success = MetricFamily(
            "plumb_schedule_last_success_timestamp_seconds", .gauge,
            "When its last run that succeeded ended, in seconds since 1970.")
        var active = MetricFamily("plumb_schedule_active_runs", .gauge, "Runs that are not over.")
        var failures = MetricFamily(
            "plumb_schedule_failures_in_a_row", .gauge, "Runs that failed since the last success.")
        var trouble = MetricFamily(
            "plumb_schedule_trouble", .gauge, "1: somebody should look at it, by the kind of trouble.")
        for status in statuses where status.state != .elsewhere {
            let name = status.schedule.name
            next.add(status.next.map { seconds($0.due) }, ["schedule": name])
            success.add(status.lastSuccess.map(seconds), ["schedule": name])
            active.add(status.active.count, ["schedule": name])
            failures.add(status.failures, ["schedule": name])
            let kind = status.trouble(now: now)?.kind
            for known in ScheduleTrouble.Kind.allCases {
                trouble.add(known == kind ? 1 : 0, ["schedule": name, "kind": known.rawValue])
            }
        }
        return [states, next, success, active, failures, trouble]
    }

    private static func seconds(_ time: WallTime) -> Double { Double(time.nanoseconds / 1_000_000) / 1_000 }
}

extension AgentMeters {
    /// What the agent has counted of one Schedule since it started.
    package struct Schedule: Sendable {
        package var name: String
        /// Every state in which a run may end, with how many did.
        package var runs: [(state: String, count: Int)]
        package var lateness: Histogram
        package var retries: Int

        package init(name: String, runs: [(state: String, count: Int)], lateness: Histogram, retries: Int) {
            self.name = name
            self.runs = runs
            self.lateness = lateness
            self.retries = retries
        }
    }

    static func families(of schedules: [Schedule]) -> [MetricFamily] {
        var runs = MetricFamily(
            "plumb_schedule_runs_total", .counter,
            "Runs since the agent started, by how they ended or why there was none.")
        var retries = MetricFamily(
            "plumb_schedule_retries_total", .counter, "Attempts after the first since the agent started.")
        var lateness = MetricFamily(
            "plumb_schedule_lateness_seconds", .histogram, "How long after it was due a run began.")
        for schedule in schedules {
            for (state, count) in schedule.runs {
                runs.add(count, ["schedule": schedule.name, "state": state])
            }
            retries.add(schedule.retries, ["schedule": schedule.name])
            lateness.add(schedule.lateness, ["schedule": schedule.name])
        }
        return [runs, retries, lateness]
    }
}
