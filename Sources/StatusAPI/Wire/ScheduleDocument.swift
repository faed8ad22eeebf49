import Manifests
package import Reconciler

/// A Schedule, and how it stands on this host.
package struct ScheduleDocument: Codable, Sendable, Hashable {
    package var name: String
    /// `Schedule`.
    package var kind: String
    package var node: String
    package var labels: [String: String]
    /// `schedules/report.yaml:4`.
    package var declaredAt: String
    /// `active`, `failing`, `broken`, `suspended`, `hostSuspended` or `elsewhere`; `declared` by an agent
    /// that runs none.
    package var state: String
    /// What is wrong or unusual, in one sentence; "" where nothing is.
    package var message: String
    /// What somebody should look at; nil: nothing.
    package var trouble: ScheduleTroubleDocument?
    /// `cron 0 3 * * *`, `every 15m`, `when dump succeeded`; nil by an agent that runs none, like what
    /// follows.
    package var trigger: String?
    package var timezone: String?
    /// `run report@1.4.2`, `signal web SIGHUP`, `restart web`.
    package var action: String?
    /// nil: none, or not by the clock.
    package var next: FiringDocument?
    /// What was over last.
    package var last: RunDocument?
    /// What is not over, the oldest first.
    package var active: [RunDocument]?
    /// Runs that failed, one after another.
    package var failures: Int?
    package var lastSuccessAt: Timestamp?

    package init(_ status: ScheduleStatus, in state: AgentState, _ source: some ScheduleSource) {
        let schedule = status.schedule
        name = schedule.name
        kind = Kind.schedule.rawValue
        node = state.node.name
        labels = schedule.labels
        declaredAt = schedule.place.short
        self.state = status.state.rawValue
        message = status.standing(now: state.nowWall)
        trouble = status.trouble(now: state.nowWall).map(ScheduleTroubleDocument.init)
        trigger = schedule.trigger.text
        timezone = schedule.timezone
        action = schedule.action.text
        next = status.next.map { FiringDocument($0, zone: schedule.timezone, source) }
        last = status.last.map { RunDocument($0, of: schedule, in: state, source) }
        active = status.active.sorted { $0.id < $1.id }.map {
            RunDocument($0, of: schedule, in: state, source)
        }
        failures = status.failures
        lastSuccessAt = status.lastSuccess.map(Timestamp.init)
    }

    /// By an agent that only knows that it is declared.
    init(_ declared: DeclaredThing, in state: AgentState) {
        let reserved = ReservedDocument(declared)
        name = reserved.name
        kind = reserved.kind
        node = state.node.name
        labels = reserved.labels
        declaredAt = reserved.declaredAt
        self.state = reserved.state
        message = reserved.message
    }

    /// By an agent that does not run it.
    init(_ declared: DesiredSchedule, in state: AgentState) {
        name = declared.name
        kind = Kind.schedule.rawValue
        node = state.node.name
        labels = declared.labels
        declaredAt = declared.place.short
        self.state = "declared"
        message = "declared; this agent does not run Schedules"
        trigger = declared.trigger.text
        timezone = declared.timezone
        action = declared.action.text
    }

    /// All of a node, sorted by name.
    static func all(in state: AgentState, _ source: some ScheduleSource) -> [ScheduleDocument] {
        if let statuses = source.schedules(in: state) {
            return statuses.map { ScheduleDocument($0, in: state, source) }
        }
        if let declared = state.desired?.schedules {
            return declared.sorted { $0.key < $1.key }.map { ScheduleDocument($0.value, in: state) }
        }
        return (state.desired?.reserved ?? []).filter { $0.kind == .schedule }.map {
            ScheduleDocument($0, in: state)
        }
    }
}

package struct ScheduleTroubleDocument: Codable, Sendable, Hashable {
    /// The worst first: `broken`, `failing`, `late` or `missed`.
    package var kind: String
    package var message: String
    /// What to do about it.
    package var remedy: String?
    /// When it failed, or was to begin.
    package var since: Timestamp?

    init(_ trouble: ScheduleTrouble) {
        kind = trouble.kind.rawValue
        message = trouble.text
        remedy = trouble.remedy
        since = trouble.since.map(Timestamp.init)
    }
}

/// What `/v1/status` says of Schedules: how many, and those that somebody should look at.
package struct ScheduleSummaryDocument: Codable, Sendable, Hashable {
    package var total: Int
    /// State → Schedules; what none is in is left out.
    package var byState: [String: Int]
    /// How many somebody should look at.
    package var inTrouble: Int
    /// Of those the worst, `StatusLimits.troubledMax` at most.
    package var troubled: [ScheduleDocument]

    /// nil: there are none.
    package init?(_ all: [ScheduleDocument]) {
        guard !all.isEmpty else { return nil }
        total = all.count
        byState = [:]
        for schedule in all { byState[schedule.state, default: 0] += 1 }
        let found = all.filter { $0.trouble != nil }
        inTrouble = found.count
        troubled = Array(found.sorted(by: Self.isWorse).prefix(StatusLimits.troubledMax))
    }

    /// The worst first, and by name.
    package static func isWorse(_ a: ScheduleDocument, _ b: ScheduleDocument) -> Bool {
        let (x, y) = (rank(a), rank(b))
        return x == y ? a.name < b.name : x < y
    }

    private static func rank(_ schedule: ScheduleDocument) -> Int {
        let kinds = ScheduleTrouble.Kind.allCases
        guard let trouble = schedule.trouble else {
            return kinds.count + (["active", "failing"].contains(schedule.state) ? 1 : 0)
        }
        return kinds.firstIndex { $0.rawValue == trouble.kind } ?? 0
    }
}

/// `/v1/schedules/{name}`.
package struct ScheduleDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var observedAt: Timestamp
    package var schedule: ScheduleDocument
    /// nil by an agent that runs none, like what follows.
    package var declared: ScheduleDeclarationDocument?
    /// The next times by the clock.
    package var upcoming: [FiringDocument]?
    /// State → runs that are remembered.
    package var counts: [String: Int]?

    init(_ schedule: ScheduleDocument, in state: AgentState) {
        apiVersion = WireFormat.apiVersion
        kind = Kind.schedule.rawValue
        node = state.node.name
        observedAt = Timestamp(state.nowWall)
        self.schedule = schedule
    }
}
