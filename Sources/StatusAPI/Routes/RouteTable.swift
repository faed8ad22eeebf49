import Manifests
import Reconciler

extension Route {
    /// Everything that is served. A path that is not here does not exist.
    static let all: [Route] =
        agent + declared + schedules + instances + runs + history + discovery + stream + console

    /// The agent itself.
    private static let agent: [Route] = [
        Route(
            template: "/healthz", scope: .open, summary: "Say whether the agent's loop answers",
            produces: .text("text/plain; charset=utf-8")
        ) { request in
            _ = try await request.state()
            return Payload(contentType: "text/plain; charset=utf-8", bytes: Array("ok\n".utf8))
        },
        Route(
            template: "/readyz", scope: .open, summary: "Say whether runs are adopted and a plan is made",
            produces: .json(ReadinessDocument.self), otherwise: [503: .json(ReadinessDocument.self)]
        ) { request in
            let state = try await request.state()
            let reasons = state.isReady ? [] : ["runs are being adopted, and no plan is made yet"]
            var payload = try request.document(ReadinessDocument(reasons: reasons))
            payload.status = reasons.isEmpty ? 200 : 503
            payload.etag = nil
            return payload
        },
        Route(
            template: "/openapi.json", scope: .open, summary: "Describe this interface",
            produces: .json(JSONValue.self)
        ) { request in
            let document = OpenAPIDocument.make(isLocal: request.isLocal)
            let text =
                request.query.flag("pretty")
                ? ConfigText.prettyJSON(document) : ConfigText.json(document) + "\n"
            return Payload(bytes: Array(text.utf8), etag: "")
        },
        Route(
            template: "/v1/status", summary: "Show everything at a glance",
            produces: .json(StatusDocument.self)
        ) { request in
            let state = try await request.state()
            let schedules = ScheduleDocument.all(in: state, request.source)
            return try request.document(StatusDocument(state, schedules: schedules))
        },
        Route(
            template: "/v1/plan", summary: "Show what is being done and waited for, and why",
            produces: .json(PlanDocument.self)
        ) { request in
            try request.document(PlanDocument(try await request.state()))
        },
        Route(
            template: "/metrics", scope: .metrics, summary: "Tell Prometheus",
            produces: .text(AgentMetrics.contentType)
        ) { request in
            let state = try await request.state()
            let usage = try await request.usage(of: Set(state.observed.runs.values.map(\.id)))
            let logs = try await request.logBytes(in: state)
            let hook = request.source.webhook.map { [AgentMetrics.webhook($0)] } ?? []
            let source = request.source
            let meters = try await answered { await source.meters() }
            let all =
                AgentMetrics.families(state, usage, logs)
                + ScheduleMetrics.families(request.schedules(in: state), now: state.nowWall)
                + (meters?.families ?? [])
                + (request.serving?.families ?? []) + hook
            guard AgentMetrics.wantsOpen(request.accept) else {
                return Payload(contentType: AgentMetrics.contentType, bytes: Array(all.exposition.utf8))
            }
            return Payload(
                contentType: AgentMetrics.openContentType, bytes: Array(all.openMetrics.utf8))
        },
        // What the planner looks at, whole, is for `plumb diff` on this host, whatever a token allows.
        Route(
            template: "/v1/planner", audience: .localSocket, scope: .open,
            summary: "Give `plumb diff` what the planner looks at", isDocumented: false
        ) { request in
            try request.document(PlannerInput(try await request.state()))
        },
    ]

    /// What is declared beside Instances.
    private static let declared: [Route] =
        [
            Route(
                template: "/v1/units", summary: "List the Units that Instances of this node use",
                parameters: [.limit(StatusLimits.listDefault, max: StatusLimits.listMax), .cursor],
                produces: .json(ListDocument<UnitDocument>.self)
            ) { request in
                let units = UnitDocument.all(in: try await request.state())
                return try request.page("UnitList", units) { $0.unit }
            },
            Route(
                template: "/v1/units/{name}", summary: "Show a Unit, by name or by name@version",
                parameters: [.path("name", .text(), "`web`, or `web@1.4.2`.", example: "web")],
                produces: .json(UnitDetailDocument.self)
            ) { request in
                let state = try await request.state()
                let versions = UnitDocument.all(named: request.name, in: state)
                guard let document = UnitDetailDocument(versions) else {
                    throw Refusal.notFound("no Instance of \(state.node.name) uses a Unit '\(request.name)'")
                }
                return try request.document(document)
            },
        ] + reserved(.plugin, "plugins")

    private static func reserved(_ kind: Kind, _ word: String) -> [Route] {
        [
            Route(
                template: "/v1/\(word)",
                summary: "List the \(kind.rawValue)s that are declared; this version does not act on them",
                parameters: [
                    .label, .limit(StatusLimits.listDefault, max: StatusLimits.listMax), .cursor,
                ],
                produces: .json(ListDocument<ReservedDocument>.self)
            ) { request in
                let all = try await request.state().reserved(kind)
                let labels = request.query.selector("label")
                let wanted = all.filter { labels?.matches($0.labels) ?? true }
                return try request.page("\(kind.rawValue)List", wanted) { $0.name }
            },
            Route(
                template: "/v1/\(word)/{name}", summary: "Show one \(kind.rawValue)",
                parameters: [.path("name", .text(), "Its name.", example: "nightly")],
                produces: .json(ReservedDetailDocument.self)
            ) { request in
                let state = try await request.state()
                guard let found = state.reserved(kind).first(where: { $0.name == request.name }) else {
                    throw Refusal.notFound("no \(kind.rawValue) '\(request.name)' is declared")
                }
                return try request.document(ReservedDetailDocument(found, node: state.node.name))
            },
        ]
    }
}

extension AgentState {
    fileprivate func reserved(_ kind: Kind) -> [ReservedDocument] {
        (desired?.reserved ?? []).filter { $0.kind == kind }.map(ReservedDocument.init)
    }
}

extension RouteRequest {
    func document(_ value: some Encodable) throws -> Payload {
        Payload(bytes: try WireFormat.encode(value, pretty: query.flag("pretty")), etag: "")
    }

    /// Of the logs of what runs.
    func logBytes(in state: AgentState) async throws -> [SlotID: UInt64] {
        let source = source
        let slots = Array(state.observed.runs.keys)
        return try await answered { await source.logBytes(of: slots) }
    }

    /// The page that is asked for, of a list that ascends by its key.
    func page<Item: Codable & Sendable>(
        _ kind: String, _ all: [Item], key: (Item) -> String
    ) throws -> Payload {
        let page = Page(all, limit: query.limit, cursor: query.cursor, key: key)
        return try document(
            ListDocument(kind: kind, items: page.items, total: page.total, next: page.next))
    }
}
