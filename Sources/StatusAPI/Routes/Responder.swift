import HTTPTypes
import HummingbirdCore
import NIOCore
import Reconciler

/// From a request to its answer: method, host, route, query. Never throws; whatever goes wrong is a problem
/// document.
struct Responder: Sendable {
    var source: any StatusSource
    /// nil on the local socket: more routes, and nobody is asked who he is.
    var access: Access?
    var serving: Serving?

    var isLocal: Bool { access == nil }

    struct Answer: Sendable {
        var response: Response
        /// The connection ends with it.
        var closes = false
        /// Goes on after the head of the response, in place of its body.
        var stream: (session: StreamSession, opening: StreamSession.Opening)?
    }

    func answer(_ request: Request, from peer: Peer) async -> Answer {
        do {
            try checkSize(request)
            let admission = try access?.admit(request, from: peer) ?? .local
            guard request.method == .get || request.method == .head else {
                // Where things are declared is told to whom may ask for them.
                throw await Refusal.readOnly(
                    request.method.rawValue, path: request.uri.path,
                    source: admission.scopes.contains(.status) ? source : nil)
            }
            let payload = try await route(request, admission)
            var answer = Answer(response: response(payload, to: request))
            // Nobody waits for a body that was announced, and might never come.
            answer.closes = bodyLength(request) > 0
            if answer.closes { answer.response.headers[.connection] = "close" }
            if let session = payload.stream, request.method == .get {
                answer.stream = (session, try await session.open())
            }
            return answer
        } catch let refusal as Refusal {
            return answer(refusal, to: request)
        } catch {
            return answer(.unavailable(error), to: request)
        }
    }

    private func route(_ request: Request, _ admission: Admission) async throws -> Payload {
        let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for route in Route.all where route.isThere(for: admission, isLocal: isLocal) {
            guard let segments = route.match(Array(path)) else { continue }
            guard admission.scopes.contains(route.scope) else {
                throw Refusal.scope(
                    route.scope, isKnown: admission.isKnown, isLoopback: admission.isLoopback)
            }
            let query = try QueryParameters(request.uri.query, declared: route.parameters)
            try route.check(segments)
            let payload = try await route.answer(
                RouteRequest(
                    source: source, segments: segments, query: query, isLocal: isLocal,
                    scopes: admission.scopes, isKnown: admission.isKnown, client: admission.client,
                    lastEventID: HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] },
                    accept: request.headers[.accept], serving: serving, isStillAdmitted: recheck(admission)))
            return try await finished(payload, of: route)
        }
        throw Refusal.notFound(
            "nothing is served at \(request.uri.path); begin with /v1/status, or see /openapi.json")
    }

    /// What goes on for long asks again now and then whether it still may.
    private func recheck(_ admission: Admission) -> @Sendable (Set<Scope>) -> Bool {
        guard let access, let token = admission.token else { return { _ in true } }
        return { access.stillAdmits(token, $0) }
    }

    /// No value of a secret leaves, whoever wrote it where. The tag is of what does leave.
    private func finished(_ payload: Payload, of route: Route) async throws -> Payload {
        var payload = payload
        let source = source
        // What is there for everybody is the same on every host: nothing of this one is in it.
        let isOurs = route.audience == .everybody && route.scope == .open
        let mask = isOurs ? SecretMask() : try await answered { await source.secrets() }
        if !mask.isEmpty {
            payload.bytes =
                payload.contentType.hasSuffix("json")
                ? mask.maskedJSON(payload.bytes) : mask.maskedText(payload.bytes)
        }
        if payload.etag != nil { payload.etag = EntityTag.of(payload.bytes) }
        return payload
    }

    private func bodyLength(_ request: Request) -> Int {
        request.headers[.contentLength].flatMap { Int($0) } ?? 0
    }

    private func checkSize(_ request: Request) throws(Refusal) {
        if (request.head.path ?? "").utf8.count > StatusLimits.targetBytesMax {
            throw .tooLarge(
                "the request's target is longer than \(StatusLimits.targetBytesMax) bytes", status: 414)
        }
        if request.headers[.transferEncoding] != nil || bodyLength(request) > StatusLimits.bodyBytesMax {
            throw .tooLarge("nothing here takes a body", status: 413)
        }
    }

    private func answer(_ refusal: Refusal, to request: Request) -> Answer {
        let bytes = (try? WireFormat.encode(refusal.problem)) ?? []
        let payload = Payload(
            status: refusal.problem.status, contentType: ProblemDocument.contentType, bytes: bytes)
        var answer = Answer(response: response(payload, to: request), closes: refusal.closes)
        if let allow = refusal.allow { answer.response.headers[.allow] = allow }
        if let seconds = refusal.retryAfter { answer.response.headers[.retryAfter] = String(seconds) }
        if let challenge = refusal.challenge { answer.response.headers[.wwwAuthenticate] = challenge }
        if refusal.closes { answer.response.headers[.connection] = "close" }
        return answer
    }

    /// A HEAD has the headers of its GET, the length included, and no body.
    private func response(_ payload: Payload, to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: payload.contentType,
            .cacheControl: payload.etag == nil ? "no-store" : "private, no-cache",
        ]
        headers.append(contentsOf: SafetyHeaders.fields(contentType: payload.contentType))
        if payload.stream == nil {
            headers[.contentLength] = String(payload.bytes.count)
        } else if let buffering = HTTPField.Name("X-Accel-Buffering") {
            headers[buffering] = "no"
        }
        if let etag = payload.etag {
            headers[.eTag] = etag
            if let known = request.headers[.ifNoneMatch], EntityTag.isNamed(etag, by: known) {
                headers[.contentLength] = nil
                headers[.contentType] = nil
                return Response(status: .notModified, headers: headers, body: ResponseBody())
            }
        }
        let body =
            request.method == .head
            ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: payload.bytes))
        var response = Response(
            status: HTTPResponse.Status(code: payload.status), headers: headers, body: body)
        // A body that is empty for now is no body of no bytes.
        if payload.stream != nil { response.headers[.contentLength] = nil }
        return response
    }
}

extension Route {
    /// The variable segments are held against the table, as the query is.
    func check(_ segments: [Substring: String]) throws(Refusal) {
        let pattern = template.split(separator: "/").filter { $0.hasPrefix("{") }
        for name in pattern.map({ $0.dropFirst().dropLast() }) {
            guard let value = segments[name] else {
                throw .notFound("the path is not percent-encoded UTF-8")
            }
            guard let parameter = parameters.first(where: { $0.isInPath && $0.name == name }) else {
                continue
            }
            // A name that cannot be one is nothing's name; an id of the wrong kind is a mistake.
            guard let problem = parameter.problem(with: value) else { continue }
            throw isRevision ? .badRevision("the revision \(problem)") : .notFound("'\(value)': \(problem)")
        }
    }

    private var isRevision: Bool { template.hasPrefix("/v1/revisions/") }
}
