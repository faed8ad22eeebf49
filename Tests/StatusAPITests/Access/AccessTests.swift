import Foundation
import Testing

@testable import StatusAPI

@Suite struct AccessTests {
    static let reader = AccessToken.make()
    private static let scraper = AccessToken.make()
    static let rules = AccessRules(
        tokens: [
            AccessToken(name: "ann", hash: AccessToken.hash(reader), scopes: [.status, .logs]),
            AccessToken(name: "prometheus", hash: AccessToken.hash(scraper), scopes: [.metrics]),
        ], hosts: ["edge-1", "plumb.example.org"])

    private func ask(
        _ target: String, token: String? = nil, host: String? = "localhost", rules: AccessRules = rules,
        raw: String? = nil
    ) async throws -> Reply {
        let configuration = StatusConfiguration(listen: "127.0.0.1:0", access: rules)
        return try await withServer(SampleSource(), configuration) { at, _ in
            let header = raw ?? token.map { "Bearer \($0)" }
            return try await Connection(port: at.port).ask(
                target, host: host, extra: header.map { "Authorization: \($0)\r\n" } ?? "")
        }
    }

    @Test func tokensAreNotAlike() {
        let made = Set((0..<100).map { _ in AccessToken.make() })
        #expect(made.count == 100)
        #expect(made.allSatisfy { $0.wholeMatch(of: /plumb_[A-Za-z0-9_-]{43}/) != nil })
        // As `printf plumb_example | sha256sum` has it.
        #expect(
            AccessToken.hash("plumb_example")
                == "bb8977dbdb5b56dcab5dc31c439cd4393d0efb7213f9e2fcf0208f7f7a450da3")
    }

    @Test func aTokenOpensWhatItsScopesSay() async throws {
        #expect(try await ask("/v1/status", token: Self.reader).status == 200)
        #expect(try await ask("/v1/instances/web/proctree", token: Self.reader).status == 200)
        #expect(try await ask("/metrics", token: Self.scraper).status == 200)
        let wrong = try await ask("/metrics", token: Self.reader)
        #expect(wrong.status == 403)
        #expect(try wrong.document(ProblemDocument.self).code == "scope")
        #expect(try await ask("/v1/status", token: Self.scraper).status == 403)
        // What the planner looks at stays on the local socket, whatever the token.
        #expect(try await ask("/v1/planner", token: Self.reader).status == 404)
        #expect(try await ask("/v1/instances/web/proctree", token: Self.scraper).status == 404)
    }

    @Test func withoutATokenOnlyLivenessIsAnswered() async throws {
        for target in ["/v1/status", "/metrics", "/v1/stream"] {
            let reply = try await ask(target)
            #expect(reply.status == 401)
            #expect(reply.headers["www-authenticate"] == "Bearer")
            #expect(try reply.document(ProblemDocument.self).code == "no-token")
        }
        #expect(try await ask("/healthz").status == 200)
        let open = AccessRules(tokens: Self.rules.tokens, anonymous: [.metrics])
        #expect(try await ask("/metrics", rules: open).status == 200)
        #expect(try await ask("/v1/status", rules: open).status == 401)
    }

    @Test(arguments: [
        "Bearer plumb_wrong", "Basic YTpi", "Bearer", "Bearer a b", "bearer ", "plumb",
        "Bearer " + String(repeating: "x", count: 5_000),
    ])
    func aWrongTokenIsRefusedEverywhere(header: String) async throws {
        for target in ["/v1/status", "/healthz"] {
            let reply = try await ask(target, raw: header)
            #expect(reply.status == 401)
            #expect(try reply.document(ProblemDocument.self).code == "bad-token")
            // What was shown is not repeated to anybody.
            #expect(!reply.text.contains("plumb_wrong"))
        }
    }

    @Test(arguments: [
        ("edge-1", 200), ("EDGE-1:7420", 200), ("plumb.example.org.", 200), ("plumb.example.org:443", 200),
        ("127.0.0.1", 200), ("evil.example", 421), ("plumb.example.org.evil.example", 421), ("10.0.0.1", 421),
        ("edge-1@evil.example", 421), ("edge-1/", 421), ("edge-1:x", 421),
    ])
    func onlyKnownNamesAreServed(host: String, status: Int) async throws {
        #expect(try await ask("/v1/status", token: Self.reader, host: host).status == status)
    }

    @Test func whoAsksTooOftenWaits() async throws {
        let rules = AccessRules(rate: RequestRate(perSecond: 1, burst: 3))
        let configuration = StatusConfiguration(listen: "127.0.0.1:0", access: rules)
        try await withServer(SampleSource(), configuration) { at, _ in
            let connection = try Connection(port: at.port)
            for _ in 0..<3 { #expect(try await connection.ask("/v1/status").status == 200) }
            let reply = try await connection.ask("/v1/status")
            #expect(reply.status == 429)
            #expect(reply.headers["retry-after"] == "1")
            #expect(try reply.document(ProblemDocument.self).code == "too-many-requests")
            #expect(try await Connection(port: at.port, from: 7).ask("/v1/status").status == 200)
        }
    }

    @Test func guessingTokensIsDear() async throws {
        let rules = AccessRules(tokens: Self.rules.tokens, rate: RequestRate(perSecond: 10, burst: 100))
        let configuration = StatusConfiguration(listen: "127.0.0.1:0", access: rules)
        try await withServer(SampleSource(), configuration) { at, _ in
            var answers: [Int] = []
            for _ in 0..<10 {
                let guess = "Authorization: Bearer \(AccessToken.make())\r\n"
                answers.append(try await Connection(port: at.port).ask("/v1/status", extra: guess).status)
            }
            #expect(answers.first == 401)
            #expect(answers.last == 429)
            // Who has a token is not held up by somebody who guesses at the same address.
            let right = "Authorization: Bearer \(Self.reader)\r\n"
            #expect(try await Connection(port: at.port).ask("/v1/status", extra: right).status == 200)
        }
    }

    @Test func browsersAreToldToKeepOut() async throws {
        for reply in [try await ask("/v1/status", token: Self.reader), try await ask("/nowhere")] {
            #expect(reply.headers["x-content-type-options"] == "nosniff")
            #expect(reply.headers["referrer-policy"] == "no-referrer")
            #expect(reply.headers["x-frame-options"] == "DENY")
            #expect(reply.headers["cross-origin-resource-policy"] == "same-origin")
            #expect(!reply.headers.keys.contains { $0.hasPrefix("access-control-") })
        }
        // The page gets a policy beside: nothing inline, nothing from elsewhere.
        #expect(SafetyHeaders.fields(contentType: "text/html; charset=utf-8").count == 6)
        #expect(SafetyHeaders.policy.contains("script-src 'self'; style-src 'self'"))
        #expect(!SafetyHeaders.policy.contains("unsafe"))
    }
}

@Suite struct SlowClientTests {
    private let quick = ServerTimes(
        idle: .milliseconds(400), write: .milliseconds(400), linger: .milliseconds(200))

    private func withQuick(
        _ source: some StatusSource = SampleSource(), _ body: (Int) async throws -> Void
    ) async throws {
        try await withServer(source, StatusConfiguration(listen: "127.0.0.1:0"), times: quick) { at, _ in
            try await body(at.port)
        }
    }

    @Test func aRequestThatComesInDropsIsCutOff() async throws {
        try await withQuick { port in
            let connection = try Connection(port: port)
            connection.send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n")
            let dropping = Task {
                for number in 0..<600 where !Task.isCancelled {
                    connection.send("X-\(number): y\r\n")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await connection.isAtEnd())
            dropping.cancel()
        }
    }

    @Test func aConnectionThatSaysNothingIsClosed() async throws {
        try await withQuick { port in
            let silent = try Connection(port: port)
            #expect(try await silent.isAtEnd())
            let once = try Connection(port: port)
            #expect(try await once.ask("/healthz").status == 200)
            #expect(try await once.isAtEnd())
        }
    }

    @Test func aBodyIsNotWaitedFor() async throws {
        try await withQuick { port in
            let connection = try Connection(port: port)
            let reply = try await connection.ask("/v1/status", extra: "Content-Length: 1000\r\n")
            #expect(reply.status == 200)
            #expect(reply.headers["connection"] == "close")
            let dropping = Task {
                for _ in 0..<600 where !Task.isCancelled {
                    connection.send("x")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await eventually("the connection ends") { connection.isReset }
            dropping.cancel()
        }
    }

    @Test func anAnswerThatNobodyTakesIsGivenUp() async throws {
        let source = SampleSource(Sample.state(instances: 2_000))
        try await withServer(source, StatusConfiguration(listen: "127.0.0.1:0"), times: quick) { at, server in
            let connection = try Connection(port: at.port, receiveBuffer: 4_096)
            // Several at once, so that the kernel cannot hold what is answered.
            for _ in 0..<8 { connection.send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            try await eventually("it is served") { server.connections.total == 1 }
            try await eventually("it is given up") { server.connections.total == 0 }
            withExtendedLifetime(connection) {}
        }
    }
}
