/// What only the agent itself can count.
package struct AgentMeters: Sendable {
    package struct Histogram: Sendable {
        /// Upper ends, in seconds; `counts` has one more, of what is beyond.
        package var bounds: [Double]
        package var counts: [UInt64]
        package var sum: Double

        package init(bounds: [Double], counts: [UInt64], sum: Double) {
            self.bounds = bounds
            self.counts = counts
            self.sum = sum
        }
    }

    package var plans: Histogram
    package var turns: Histogram
    package var executing: Histogram
    package var healthy: Histogram
    /// Every kind of event, with how many there were.
    package var events: [(kind: String, count: Int)]
    /// Sorted by name.
    package var schedules: [Schedule]

    package init(
        plans: Histogram, turns: Histogram, executing: Histogram, healthy: Histogram,
        events: [(kind: String, count: Int)], schedules: [Schedule] = []
    ) {
        self.plans = plans
        self.turns = turns
        self.executing = executing
        self.healthy = healthy
        self.events = events
        self.schedules = schedules
    }

    var families: [MetricFamily] {
        var all = [
            Self.family(
                "plumb_plan_duration_seconds", "How long the planner took.", plans),
            Self.family(
                "plumb_reconcile_duration_seconds",
                "How long a turn of the loop took, from its events to the work handed out.", turns),
            Self.family(
                "plumb_revision_executing_seconds",
                "From when a commit was seen to its first process executing.", executing),
            Self.family(
                "plumb_revision_healthy_seconds",
                "From when a commit was seen to all that it brought proven healthy.", healthy),
        ]
        var kinds = MetricFamily("plumb_events_total", .counter, "Events since the agent started, by kind.")
        for (kind, count) in events { kinds.add(count, ["kind": kind]) }
        all.append(kinds)
        let words = [
            ("plumb_rollbacks_total", "rolledBack", "Instances that went back to their last known good."),
            ("plumb_crash_loops_total", "gaveUp", "Replicas that are not started again after failures."),
            ("plumb_rollouts_failed_total", "rolloutFailed", "Rollouts that failed."),
            ("plumb_exits_total", "exited", "Runs that ended, as they should or not."),
        ]
        for (name, kind, help) in words {
            var family = MetricFamily(name, .counter, help)
            family.add(events.first { $0.kind == kind }?.count ?? 0)
            all.append(family)
        }
        return all + Self.families(of: schedules)
    }

    private static func family(_ name: String, _ help: String, _ histogram: Histogram) -> MetricFamily {
        var family = MetricFamily(name, .histogram, help)
        family.add(histogram)
        return family
    }
}
