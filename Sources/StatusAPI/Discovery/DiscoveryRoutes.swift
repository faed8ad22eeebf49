import Manifests
import Reconciler

extension Route {
    /// Where services can be reached.
    static let discovery: [Route] = [
        Route(
            template: "/v1/discovery", summary: "List the endpoints of ready replicas",
            parameters: [
                Parameter("service", .text(), "Only of this service.", example: "web"), version, named,
                .limit(StatusLimits.endpointsDefault, max: StatusLimits.endpointsMax), .cursor,
            ],
            produces: .json(ListDocument<EndpointDocument>.self)
        ) { request in
            let filter = ServiceFilter(request.query)
            let all = ServiceEndpoints(try await request.state())
            if let service = filter.service, all.declared[service] == nil { throw Refusal.noService(service) }
            let wanted = all.ready.filter(filter.takes)
            let page = Page(
                wanted, limit: request.query.limit, cursor: request.query.cursor, key: \.sortKey,
                precedes: EndpointDocument.precedes)
            return try request.document(
                ListDocument(kind: "EndpointList", items: page.items, total: page.total, next: page.next))
        },
        Route(
            template: "/v1/resolve", summary: "Choose one endpoint of a service",
            parameters: [
                Parameter("service", .text(), "The service.", required: true, example: "web"), version, named,
                Parameter(
                    "strategy", .word(ChoosingStrategy.allCases.map(\.rawValue)),
                    "How it is chosen; `random` if it is not said.", example: "round_robin"),
                Parameter(
                    "hashKey", .text(), "With `strategy=hash`: the same key, the same endpoint.",
                    example: "user-42"),
            ],
            produces: .json(ResolutionDocument.self)
        ) { request in
            try await request.resolve()
        },
    ]

    private static let version = Parameter(
        "version", .versions, "Only of such versions of its Unit: `1.4.2`, `^1.4`.", example: "^1.4")
    private static let named = Parameter(
        "protocol", .word(EndpointProtocol.allCases.map(\.rawValue)), "Only endpoints of this protocol.",
        example: "http")

    /// Shared by all who ask this process.
    fileprivate static let turns = Turns()
}

extension RouteRequest {
    fileprivate func resolve() async throws -> Payload {
        let filter = ServiceFilter(query)
        let service = filter.service ?? ""
        let strategy = query["strategy"].flatMap(ChoosingStrategy.init) ?? .random
        if strategy == .hash, query["hashKey"] == nil {
            throw Refusal.badQuery("hashKey", "is missing: strategy=hash chooses by it")
        }
        let all = ServiceEndpoints(try await state())
        guard let reasons = all.declared[service] else { throw Refusal.noService(service) }
        // A refusal passes by what masks answers.
        let standing = await source.secrets().masked(reasons)
        let fitting = all.ready.filter(filter.takes)
        let chosen: EndpointDocument? =
            switch strategy {
            case .random: fitting.randomElement()
            case .roundRobin:
                fitting.isEmpty ? nil : fitting[Route.turns.take(of: service, among: fitting.count)]
            case .hash: ChoosingStrategy.rendezvous(query["hashKey"] ?? "", among: fitting)
            }
        guard let chosen else {
            guard !all.ready.contains(where: { $0.serviceName == service }) else {
                throw Refusal.notFound(
                    "no endpoint of '\(service)' that is ready has this version and protocol: \(standing)")
            }
            throw Refusal.nothingReady(service, standing)
        }
        var payload = try document(
            ResolutionDocument(
                service: service, strategy: strategy.rawValue, candidates: fitting.count, endpoint: chosen))
        payload.etag = nil
        return payload
    }
}

extension EndpointDocument {
    fileprivate var sortKey: String { "\(serviceName) \(instanceId) \(endpoint)" }

    fileprivate static func precedes(_ a: String, _ b: String) -> Bool {
        let (first, second) = (a.split(separator: " "), b.split(separator: " "))
        guard first.count == 3, second.count == 3 else { return a < b }
        if first[0] != second[0] { return first[0] < second[0] }
        if first[1] != second[1] { return ReplicaID.precedes(String(first[1]), String(second[1])) }
        return first[2] < second[2]
    }
}

extension Refusal {
    fileprivate static func noService(_ service: String) -> Refusal {
        .notFound(
            "no service '\(service)' is declared here: a service is an Instance with endpoints, or what its "
                + "label \(ServiceEndpoints.nameLabel) says")
    }
}
