import Reconciler

extension Route {
    /// Everything that is served. A path that is not here does not exist.
    static let all: [Route] = [
        Route(template: "/healthz") { request in
            _ = try await request.state()
            return Payload(contentType: "text/plain; charset=utf-8", bytes: Array("ok\n".utf8))
        },
        Route(template: "/readyz") { request in
            let state = try await request.state()
            let reasons = state.isReady ? [] : ["runs are being adopted, and no plan is made yet"]
            var payload = try request.document(ReadinessDocument(reasons: reasons))
            payload.status = reasons.isEmpty ? 200 : 503
            return payload
        },
        Route(template: "/v1/status") { request in
            try request.document(StatusDocument(try await request.state()))
        },
        Route(template: "/v1/revisions", parameters: ["limit"]) { request in
            let limit = try request.query.limit(
                default: StatusLimits.revisionsDefault, max: StatusLimits.revisionsMax)
            let source = request.source
            let entries = try await answered { try await source.revisions(limit: limit) }
            return try request.list("RevisionList", entries.map(RevisionHistoryDocument.init))
        },
        Route(template: "/v1/units") { request in
            try request.list("UnitList", UnitDocument.all(in: try await request.state()))
        },
        Route(template: "/v1/instances") { request in
            let state = try await request.state()
            return try request.list(
                "InstanceList", state.instanceStatuses().map { InstanceDocument($0, in: state) })
        },
        Route(template: "/v1/instances/{name}") { request in
            let state = try await request.state()
            guard let status = state.instanceStatus(request.name) else {
                throw Refusal.notFound(
                    "no Instance '\(request.name)' is declared for \(state.node.name) or runs on it")
            }
            return try request.document(InstanceDetailDocument(status, in: state))
        },
        Route(template: "/v1/events", parameters: ["limit", "after", "instance", "since"]) { request in
            let query = EventHistoryQuery(
                after: try request.query.cursor("after"), instance: request.query["instance"],
                since: try request.query.time("since"),
                limit: try request.query.limit(
                    default: StatusLimits.eventsDefault, max: StatusLimits.eventsMax))
            let source = request.source
            let entries = try await answered { try await source.events(query) }
            let items = entries.map(EventDocument.init)
            return try request.list("EventList", items, cursor: items.last?.id ?? query.after)
        },
        Route(template: "/v1/planner", audience: .localSocket) { request in
            try request.document(PlannerInput(try await request.state()))
        },
    ]
}

extension RouteRequest {
    fileprivate func document(_ value: some Encodable) throws -> Payload {
        Payload(bytes: try WireFormat.encode(value, pretty: try query.flag("pretty")))
    }

    fileprivate func list(_ kind: String, _ items: [some Codable & Sendable], cursor: Int64? = nil) throws
        -> Payload
    {
        try document(ListDocument(kind: kind, items: items, cursor: cursor))
    }
}
