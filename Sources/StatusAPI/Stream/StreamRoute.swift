import Reconciler

extension Route {
    /// What changes, as it changes.
    static let stream: [Route] = [
        // Which scope it takes is said by what is asked for.
        Route(
            template: "/v1/stream", scope: .open,
            summary: "Follow status, events, use and logs as they change",
            parameters: StreamQuery.parameters, produces: .text("text/event-stream")
        ) { request in
            let query = try StreamQuery(request.query)
            for scope in query.scopes.subtracting(request.scopes) {
                throw Refusal.scope(scope, isKnown: request.isKnown)
            }
            if let tail = query.tail, try await request.state().instanceStatus(tail.instance) == nil {
                throw Refusal.notFound(
                    "no Instance '\(tail.instance)' is declared for this node or runs on it")
            }
            guard let streams = request.serving?.streams else {
                throw Refusal.notFound("nothing is streamed here")
            }
            var payload = Payload(contentType: "text/event-stream", bytes: [])
            payload.stream = StreamSession(
                streams, source: request.source, query: query, client: request.client,
                lastEventID: request.lastEventID, isStillAdmitted: request.isStillAdmitted)
            return payload
        }
    ]
}
