import Foundation
import Testing

@testable import StatusAPI

@Suite struct RefusalTests {
    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    func nothingCanBeChanged(method: String) async throws {
        try await withServer { at in
            for target in ["/v1/instances/web", "/v1/status", "/nowhere"] {
                let reply = try await Connection(port: at.port).ask(
                    target, method: method, extra: "Content-Length: 2\r\n\r\n{}")
                #expect(reply.status == 405)
                #expect(reply.headers["allow"] == "GET, HEAD")
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(reply.closed)
                let problem = try reply.document(ProblemDocument.self)
                #expect((problem.status, problem.code) == (405, "read-only"))
                #expect(problem.detail.contains("repository"))
            }
        }
    }

    @Test(arguments: [
        "/v1", "/v1/", "/v1/status/", "//v1/status", "/v1/statusx", "/v2/status",
        "/v1/instances/web/logs",
        "/v1/instances/none", "/v1/instances/", "/v1/planner", "/V1/STATUS", "/../etc/passwd", "/v1/%73tatus",
    ])
    func unknownPathsAreNotFound(target: String) async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask(target)
            #expect(reply.status == 404)
            let problem = try reply.document(ProblemDocument.self)
            #expect((problem.status, problem.code) == (404, "not-found"))
            #expect(problem.type == "urn:plumb:problem:not-found")
        }
    }

    @Test(arguments: [
        ("/v1/events?limit=0", "limit"), ("/v1/events?limit=1001", "limit"), ("/v1/events?limit=x", "limit"),
        ("/v1/events?limit=", "limit"), ("/v1/events?after=-1", "after"), ("/v1/events?after=1.5", "after"),
        ("/v1/events?since=yesterday", "since"), ("/v1/events?since=2026-13-01T00:00:00Z", "since"),
        ("/v1/events?limti=5", "limti"), ("/v1/events?limit=5&limit=6", "limit"),
        ("/v1/status?instance=web", "instance"), ("/v1/status?pretty=maybe", "pretty"),
        ("/v1/events?instance=%zz", "instance=%zz"), ("/v1/events?instance=%ff", "instance=%ff"),
        ("/v1/revisions?limit=99999999999999999999", "limit"),
    ])
    func badQueriesNameTheParameter(target: String, name: String) async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask(target)
            #expect(reply.status == 400)
            let problem = try reply.document(ProblemDocument.self)
            #expect(problem.code == "bad-query")
            #expect(problem.detail.hasPrefix("the query parameter '\(name)' "), "\(problem.detail)")
        }
    }

    @Test(arguments: [
        ("localhost", 200), ("LOCALHOST:7420", 200), ("127.0.0.1", 200), ("127.0.0.1:1", 200),
        ("127.8.9.10", 200),
        ("[::1]:7420", 200), ("evil.example", 421), ("evil.example:7420", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421), ("10.0.0.1", 421), ("127.0.0.256", 421), ("[::2]", 421),
    ])
    func onlyOwnNamesAreServed(host: String, status: Int) async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask("/v1/status", host: host)
            #expect(reply.status == status)
            if status != 200 {
                #expect(try reply.document(ProblemDocument.self).code == "foreign-host")
            }
        }
    }

    @Test func aRequestWithoutHostIsRefused() async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask("/v1/status", host: nil)
            #expect(reply.status == 400)
        }
    }

    @Test func largeRequestsAreRefused() async throws {
        try await withServer { at in
            let long = String(repeating: "x", count: 20_000)
            #expect(try await Connection(port: at.port).ask("/v1/events?instance=\(long)").status == 414)
            let body = try await Connection(port: at.port).ask(
                "/v1/status", extra: "Content-Length: 70000\r\n")
            #expect(body.status == 413)
            let chunked = try await Connection(port: at.port).ask(
                "/v1/status", extra: "Transfer-Encoding: chunked\r\n")
            #expect(chunked.status == 413)
            // Too much of a header: refused by the parser, one way or another.
            let header = "X: " + String(repeating: "y", count: 100_000) + "\r\n"
            let reply = try? await Connection(port: at.port).ask("/v1/status", extra: header)
            #expect(reply.map { $0.status >= 400 } ?? true)
            // The server is as well as before.
            #expect(try await Connection(port: at.port).ask("/healthz").status == 200)
        }
    }

    @Test func nonsenseDoesNotHarm() async throws {
        try await withServer { at in
            for text in ["GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
                let connection = try Connection(port: at.port)
                connection.send(text)
                if let reply = try? await connection.receive() { #expect(reply.status >= 400) }
            }
            #expect(try await Connection(port: at.port).ask("/healthz").status == 200)
        }
    }
}
