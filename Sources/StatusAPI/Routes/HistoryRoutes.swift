import Manifests
import Reconciler

extension Route {
    /// What led to how things are.
    static let history: [Route] = [
        Route(template: "/v1/instances/{name}/why", parameters: ["replica"]) { request in
            let state = try await request.state()
            let (source, name) = (request.source, request.name)
            let query = EventHistoryQuery(instance: name, limit: Why.eventsMax)
            let events = try await answered { try await source.events(query) }
            guard
                let why = Why(
                    state, instance: name, replica: try request.query.index("replica"),
                    events: events.map(\.record))
            else { throw Refusal.noInstance(name, state) }
            return try request.document(
                WhyDocument(why, output: try await request.output(of: why), in: state))
        },
        Route(template: "/v1/instances/{name}/history", parameters: ["limit"]) { request in
            let state = try await request.state()
            let (source, name) = (request.source, request.name)
            let limit = try request.query.limit(
                default: StatusLimits.specsDefault, max: StatusLimits.specsMax)
            let records = try await answered { try await source.specs(of: name, limit: limit) }
            if records.isEmpty, state.instanceStatus(name) == nil { throw Refusal.noInstance(name, state) }
            return try request.list(
                "SpecHistory", records.map { SpecRecordDocument($0, now: state.nowWall) })
        },
        Route(template: "/v1/revisions/{id}/trace") { request in
            let state = try await request.state()
            let prefix = request.segments["id"] ?? ""
            guard prefix.utf8.count >= StatusLimits.revisionPrefixMin,
                prefix.allSatisfy({ $0.isHexDigit && $0.isASCII && !$0.isUppercase })
            else {
                throw Refusal.badRevision(
                    "a revision is at least \(StatusLimits.revisionPrefixMin) digits of a commit's id")
            }
            let source = request.source
            let traces = try await answered { try await source.traces(prefix: prefix, limit: 2) }
            guard let trace = traces.first else {
                throw Refusal.notFound("no revision \(prefix) has been seen by this agent, or not lately")
            }
            guard traces.count == 1 || trace.revision.id.hex == prefix else {
                throw Refusal.badRevision("'\(prefix)' fits several revisions: give more digits")
            }
            return try request.document(TraceDocument(trace, node: state.node.name))
        },
    ]
}

extension RouteRequest {
    /// What the telling runs wrote last. Whoever may read the local socket may read logs; whoever reaches the
    /// loopback address need not.
    fileprivate func output(of why: Why) async throws -> [RunID: [OutputLine]] {
        guard isLocal else { return [:] }
        var output: [RunID: [OutputLine]] = [:]
        let source = source
        for replica in why.replicas.prefix(StatusLimits.outputRunsMax) {
            guard let run = replica.telling else { continue }
            let slot = SlotID(replica: replica.status.replica)
            output[run] = try await answered {
                await source.lastOutput(of: run, in: slot, lines: StatusLimits.outputLinesMax)
            }
        }
        return output
    }
}

extension Refusal {
    fileprivate static func badRevision(_ detail: String) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: 400, code: "bad-revision", title: "Bad revision", detail: detail))
    }

    fileprivate static func noInstance(_ name: String, _ state: AgentState) -> Refusal {
        .notFound("no Instance '\(name)' is declared for \(state.node.name) or runs on it")
    }
}
