import Manifests
import Reconciler

extension Route {
    /// Schedules: when they fire, and how they stand. Their runs are among `/v1/runs`.
    static let schedules: [Route] = [
        Route(
            template: "/v1/schedules", summary: "List the Schedules that are declared, and how they stand",
            parameters: [
                .label, .node,
                Parameter(
                    "state", .words(scheduleStates), "Only of these states; `trouble`: what to look at.",
                    example: "failing,broken"),
                .limit(StatusLimits.listDefault, max: StatusLimits.listMax), .cursor,
            ],
            produces: .json(ListDocument<ScheduleDocument>.self)
        ) { request in
            let state = try await request.state()
            let filter = InstanceFilter(request.query)
            let states = request.query.words("state")
            let all = filter.takes(state.node) ? ScheduleDocument.all(in: state, request.source) : []
            let wanted = all.filter { schedule in
                (filter.labels?.matches(schedule.labels) ?? true)
                    && (states.map {
                        $0.contains(schedule.state) || $0.contains("trouble") && schedule.trouble != nil
                    } ?? true)
            }
            return try request.page("ScheduleList", wanted) { $0.name }
        },
        Route(
            template: "/v1/schedules/{name}",
            summary: "Show one Schedule, what is declared of it, and when it fires next",
            parameters: [
                .path("name", .text(), "Its name.", example: "nightly"),
                Parameter(
                    "upcoming", .number(0...Int64(StatusLimits.upcomingMax), usual: 10),
                    "How many of its next times.", example: "10"),
            ],
            produces: .json(ScheduleDetailDocument.self)
        ) { request in
            try await request.scheduleDetail()
        },
    ]

    private static let scheduleStates =
        ScheduleStatus.State.allCases.map(\.rawValue) + ["declared", "trouble"]
}

extension RouteRequest {
    fileprivate func scheduleDetail() async throws -> Payload {
        let state = try await state()
        let wanted = name
        guard
            let document = ScheduleDocument.all(in: state, source).first(where: { $0.name == wanted })
        else { throw Refusal.noSchedule(wanted, state) }
        var detail = ScheduleDetailDocument(document, in: state)
        guard let status = schedules(in: state).first(where: { $0.schedule.name == wanted }) else {
            return try self.document(detail)
        }
        let schedule = status.schedule
        detail.declared = ScheduleDeclarationDocument(schedule)
        detail.upcoming = upcoming(of: status, from: state.nowWall)
        let source = source
        detail.counts = try await answered {
            var counts: [String: Int] = [:]
            for state in ScheduledRun.State.allCases {
                var query = ScheduledRunQuery(schedule: wanted, limit: 1)
                query.states = [state]
                let total = try await source.scheduledRuns(query).total
                if total > 0 { counts[state.rawValue] = total }
            }
            return counts
        }
        return try self.document(detail)
    }

    /// What does not fire at all has no next time, whatever its calendar says.
    private func upcoming(of status: ScheduleStatus, from now: WallTime) -> [FiringDocument] {
        let limit = Int(query.number("upcoming") ?? 0)
        guard limit > 0, status.state == .active || status.state == .failing else { return [] }
        let zone = status.schedule.timezone
        return source.upcoming(status.schedule, in: now..<WallTime(nanoseconds: .max), limit: limit).map {
            FiringDocument($0, zone: zone, source)
        }
    }
}
