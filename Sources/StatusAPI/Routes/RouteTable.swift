import Reconciler

extension Route {
    /// Everything that is served. A path that is not here does not exist.
    static let all: [Route] = now + history

    private static let now: [Route] = [
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
            let status = try request.instance(in: state)
            let usage = try await request.usage(of: status.replicas)
            return try request.document(InstanceDetailDocument(status, usage: usage, in: state))
        },
        // Command lines hold what the kernel may hide from other users of the host.
        Route(template: "/v1/instances/{name}/proctree", audience: .localSocket) { request in
            let state = try await request.state()
            let status = try request.instance(in: state)
            var replicas: [ReplicaTreeDocument] = []
            for replica in status.replicas {
                replicas.append(
                    ReplicaTreeDocument(replica, processes: try await request.processes(of: replica.run)))
                guard let beside = replica.beside else { continue }
                let processes = try await request.processes(of: beside.run)
                replicas.append(ReplicaTreeDocument(beside, processes: processes))
            }
            return try request.document(
                ProcessTreeDocument(instance: status.name, replicas: replicas, in: state))
        },
        Route(template: "/metrics") { request in
            let state = try await request.state()
            let usage = try await request.usage(of: Set(state.observed.runs.values.map(\.id)))
            let hook = request.source.webhook.map { [AgentMetrics.webhook($0)] } ?? []
            let text = (AgentMetrics.families(state, usage) + hook).exposition
            return Payload(contentType: AgentMetrics.contentType, bytes: Array(text.utf8))
        },
        Route(template: "/v1/instances/{name}/sandbox") { request in
            let state = try await request.state()
            let status = try request.instance(in: state)
            var replicas: [ReplicaSandboxDocument] = []
            let source = request.source
            for replica in status.replicas {
                var seen: SandboxObservation?
                if let run = replica.run?.id { seen = try await answered { await source.sandbox(of: run) } }
                replicas.append(ReplicaSandboxDocument(replica, seen))
            }
            return try request.document(SandboxDocument(instance: status.name, replicas: replicas))
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
    /// The Instance that the path names.
    fileprivate func instance(in state: AgentState) throws -> InstanceStatus {
        guard let status = state.instanceStatus(name) else {
            throw Refusal.notFound("no Instance '\(name)' is declared for \(state.node.name) or runs on it")
        }
        return status
    }

    fileprivate func usage(of replicas: [ReplicaStatus]) async throws -> [RunID: RunUsage] {
        try await usage(of: Set(replicas.compactMap(\.run?.id)))
    }

    fileprivate func usage(of runs: Set<RunID>) async throws -> [RunID: RunUsage] {
        let source = source
        return try await answered { await source.usage(of: runs) }
    }

    fileprivate func processes(of run: ObservedRun?) async throws -> [RunProcess] {
        guard let run else { return [] }
        let source = source
        return try await answered { await source.processes(of: run.id) }
    }

    func document(_ value: some Encodable) throws -> Payload {
        Payload(bytes: try WireFormat.encode(value, pretty: try query.flag("pretty")))
    }

    func list(_ kind: String, _ items: [some Codable & Sendable], cursor: Int64? = nil) throws
        -> Payload
    {
        try document(ListDocument(kind: kind, items: items, cursor: cursor))
    }
}
