import HTTPTypes
import HummingbirdCore
import NIOCore
import Reconciler

/// From a request to its answer: method, host, route, query. Never throws; whatever goes wrong is a problem
/// document.
struct Responder: Sendable {
    var source: any StatusSource
    /// On the local socket: more routes, and no host to check.
    var isLocal: Bool

    struct Answer: Sendable {
        var response: Response
        /// The connection ends with it.
        var closes = false
    }

    func answer(_ request: Request) async -> Answer {
        do {
            try checkSize(request)
            if !isLocal { try checkHost(request.head.authority) }
            guard request.method == .get || request.method == .head else {
                throw await Refusal.readOnly(request.method.rawValue, path: request.uri.path, source: source)
            }
            let payload = try await route(request)
            return Answer(response: response(try await finished(payload), to: request))
        } catch let refusal as Refusal {
            return answer(refusal, to: request)
        } catch {
            return answer(.unavailable(error), to: request)
        }
    }

    private func route(_ request: Request) async throws -> Payload {
        let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for route in Route.all where route.audience == .everybody || isLocal {
            guard let segments = route.match(Array(path)) else { continue }
            let query = try QueryParameters(request.uri.query, declared: route.parameters)
            try route.check(segments)
            return try await route.answer(
                RouteRequest(source: source, segments: segments, query: query, isLocal: isLocal))
        }
        throw Refusal.notFound(
            "nothing is served at \(request.uri.path); begin with /v1/status, or see /openapi.json")
    }

    /// No value of a secret leaves, whoever wrote it where. The tag is of what does leave.
    private func finished(_ payload: Payload) async throws -> Payload {
        var payload = payload
        let source = source
        let mask = try await answered { await source.secrets() }
        if !mask.isEmpty {
            payload.bytes =
                payload.contentType.hasSuffix("json")
                ? mask.maskedJSON(payload.bytes) : mask.maskedText(payload.bytes)
        }
        if payload.etag != nil { payload.etag = EntityTag.of(payload.bytes) }
        return payload
    }

    private func checkSize(_ request: Request) throws(Refusal) {
        if (request.head.path ?? "").utf8.count > StatusLimits.targetBytesMax {
            throw .tooLarge(
                "the request's target is longer than \(StatusLimits.targetBytesMax) bytes", status: 414)
        }
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        if request.headers[.transferEncoding] != nil || length > StatusLimits.bodyBytesMax {
            throw .tooLarge("nothing here takes a body", status: 413)
        }
    }

    /// A page in a browser can make its own name point to 127.0.0.1, and would then read what is served here.
    /// Its requests carry that name.
    private func checkHost(_ authority: String?) throws(Refusal) {
        guard let authority, !authority.isEmpty else { throw .misdirected(nil) }
        var host = Substring(authority)
        if let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber) {
            host = host[..<colon]
        }
        if ListenAddress.loopback(String(host)) == nil { throw .misdirected(authority) }
    }

    private func answer(_ refusal: Refusal, to request: Request) -> Answer {
        let bytes = (try? WireFormat.encode(refusal.problem)) ?? []
        let payload = Payload(
            status: refusal.problem.status, contentType: ProblemDocument.contentType, bytes: bytes)
        var answer = Answer(response: response(payload, to: request), closes: refusal.closes)
        if let allow = refusal.allow { answer.response.headers[.allow] = allow }
        if refusal.closes { answer.response.headers[.connection] = "close" }
        return answer
    }

    /// A HEAD has the headers of its GET, the length included, and no body.
    private func response(_ payload: Payload, to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: payload.contentType,
            .contentLength: String(payload.bytes.count),
            .cacheControl: payload.etag == nil ? "no-store" : "private, no-cache",
            .xContentTypeOptions: "nosniff",
        ]
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
        return Response(status: HTTPResponse.Status(code: payload.status), headers: headers, body: body)
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
