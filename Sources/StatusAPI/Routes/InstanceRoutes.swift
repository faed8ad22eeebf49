import Manifests
import Reconciler

extension Route {
    /// Instances and their replicas, as they are now.
    static let instances: [Route] = [
        Route(
            template: "/v1/instances", summary: "List Instances",
            parameters: [
                .label, .phase, .health, .sync, .node,
                .limit(StatusLimits.listDefault, max: StatusLimits.listMax), .cursor,
            ],
            produces: .json(ListDocument<InstanceDocument>.self)
        ) { request in
            let state = try await request.state()
            let filter = InstanceFilter(request.query)
            let all = filter.takes(state.node) ? state.instanceStatuses().filter(filter.takes) : []
            // Documents are made of what is on the page alone.
            let page = Page(all, limit: request.query.limit, cursor: request.query.cursor) { $0.name }
            let items = page.items.map { InstanceDocument($0, in: state) }
            return try request.document(
                ListDocument(kind: "InstanceList", items: items, total: page.total, next: page.next))
        },
        Route(
            template: "/v1/instances/{name}", summary: "Show one Instance, with what its replicas use",
            parameters: [.instanceName], produces: .json(InstanceDetailDocument.self)
        ) { request in
            let state = try await request.state()
            let status = try request.instance(in: state)
            let usage = try await request.usage(of: status.replicas)
            return try request.document(InstanceDetailDocument(status, usage: usage, in: state))
        },
        Route(
            template: "/v1/instances/{name}/config",
            summary: "Show an Instance's configuration, with the place of each value",
            parameters: [.instanceName], produces: .json(ConfigDocument.self)
        ) { request in
            let state = try await request.state()
            let status = try request.instance(in: state)
            guard let desired = status.desired else {
                throw Refusal.notFound(
                    "the Instance '\(status.name)' is declared no longer; what it ran with is in git at "
                        + (status.replicas.lazy.compactMap(\.run).first?.revision.short
                            ?? "an earlier revision"))
            }
            let runs = status.replicas.compactMap(\.run)
            let behind = runs.first { $0.spec.specHash != desired.spec.specHash }
            return try request.document(ConfigDocument(desired, running: behind?.spec, in: state))
        },
        // Command lines hold what the kernel may hide from other users of the host.
        Route(
            template: "/v1/instances/{name}/proctree", audience: .localSocket, scope: .logs,
            summary: "Show every process of an Instance", parameters: [.instanceName],
            produces: .json(ProcessTreeDocument.self)
        ) { request in
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
        Route(
            template: "/v1/instances/{name}/sandbox",
            summary: "Show how far an Instance's replicas are shut in, as the kernel has it",
            parameters: [.instanceName], produces: .json(SandboxDocument.self)
        ) { request in
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
        Route(
            template: "/v1/replicas", summary: "List replicas",
            parameters: [
                .instance, .label, .phase, .health, .node,
                Parameter(
                    "since", .time, "Only what was started then or later.", example: "2026-11-21T09:30:00Z"),
                Parameter("usage", .flag, "With what each uses, as the kernel counts it.", example: "true"),
                .limit(StatusLimits.listDefault, max: StatusLimits.listMax), .cursor,
            ],
            produces: .json(ListDocument<ReplicaDocument>.self)
        ) { request in
            let state = try await request.state()
            let filter = InstanceFilter(request.query)
            let all = filter.takes(state.node) ? state.instanceStatuses() : []
            let wanted = all.flatMap { status in
                status.replicas.filter { filter.takes($0, of: status, in: state) }.map { (status, $0) }
            }
            let page = Page(
                wanted, limit: request.query.limit, cursor: request.query.cursor,
                key: { $0.1.replica.description }, precedes: ReplicaID.precedes)
            let usage =
                request.query.flag("usage") ? try await request.usage(of: page.items.map(\.1)) : [:]
            let items = page.items.map { status, replica in
                ReplicaDocument(
                    listed: replica, of: status, usage: replica.run.flatMap { usage[$0.id] }, in: state)
            }
            return try request.document(
                ListDocument(kind: "ReplicaList", items: items, total: page.total, next: page.next))
        },
        Route(
            template: "/v1/replicas/{instance}/{index}", summary: "Show one replica, with what it uses",
            parameters: [
                .path("instance", .text(), "An Instance's name.", example: "web"),
                .path("index", .number(0...1_000_000), "The replica's number, from 0.", example: "0"),
            ],
            produces: .json(ReplicaDetailDocument.self)
        ) { request in
            let state = try await request.state()
            let name = request.segments["instance"] ?? ""
            let index = request.segments["index"].flatMap { Int($0) }
            guard let status = state.instanceStatus(name),
                let replica = status.replicas.first(where: { $0.replica.index == index })
            else {
                throw Refusal.notFound(
                    "no replica '\(name)/\(request.segments["index"] ?? "")' is declared for "
                        + "\(state.node.name) or runs on it")
            }
            let usage = try await request.usage(of: [replica])
            let used = replica.run.flatMap { usage[$0.id] }
            let waiting = state.waiting.first { $0.replica == replica.replica }
            return try request.document(
                ReplicaDetailDocument(
                    ReplicaDocument(listed: replica, of: status, usage: used, in: state),
                    waiting: waiting.map { WaitingDocument($0, in: state) }, in: state))
        },
    ]
}

extension ReplicaID {
    /// `web/2` before `web/10`.
    static func precedes(_ a: String, _ b: String) -> Bool {
        guard let first = ReplicaID(a), let second = ReplicaID(b) else { return a < b }
        return first < second
    }
}

extension ReplicaDocument {
    fileprivate init(
        listed replica: ReplicaStatus, of status: InstanceStatus, usage: RunUsage? = nil, in state: AgentState
    ) {
        self.init(replica, spec: status.desired?.spec, usage: usage, in: state)
        instance = status.name
        unit = replica.run?.spec.unit ?? status.desired?.spec.unit
        node = state.node.name
    }
}

extension RouteRequest {
    /// The Instance that the path names.
    func instance(in state: AgentState) throws -> InstanceStatus {
        guard let status = state.instanceStatus(name) else { throw Refusal.noInstance(name, state) }
        return status
    }

    func usage(of replicas: [ReplicaStatus]) async throws -> [RunID: RunUsage] {
        try await usage(of: Set(replicas.compactMap(\.run?.id)))
    }

    func usage(of runs: Set<RunID>) async throws -> [RunID: RunUsage] {
        let source = source
        return try await answered { await source.usage(of: runs) }
    }

    fileprivate func processes(of run: ObservedRun?) async throws -> [RunProcess] {
        guard let run else { return [] }
        let source = source
        return try await answered { await source.processes(of: run.id) }
    }
}
