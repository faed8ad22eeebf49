import Foundation
import Reconciler
import Testing

@testable import StatusAPI

@Suite struct StreamTests {
    private let quick = StreamSettings(
        heartbeat: .milliseconds(100), tick: .milliseconds(50), refreshMin: .milliseconds(5),
        writeMax: .milliseconds(500))

    private func withLive(
        streaming: StreamSettings? = nil, access: AccessRules = AccessRules(anonymous: [.status, .logs]),
        _ body: (LiveSource, Int, StatusServer) async throws -> Void
    ) async throws {
        let source = LiveSource()
        source.note("web0", "what was before")
        let configuration = StatusConfiguration(listen: "127.0.0.1:0", access: access)
        try await withServer(source, configuration, streaming: streaming ?? quick) { at, server in
            try await body(source, at.port, server)
        }
    }

    private func open(_ port: Int, _ query: String = "", from: UInt8 = 1, extra: String = "") throws
        -> StreamClient
    {
        StreamClient(try Connection(port: port, from: from), "/v1/stream\(query)", extra: extra).reading()
    }

    @Test func thePictureComesFirstAndChangesFollow() async throws {
        try await withLive { source, port, server in
            let client = try open(port, "?history=5")
            let first = try await client.wait(for: "complete")
            let head = try #require(client.head)
            #expect(head.status == 200)
            #expect(head.headers["content-type"] == "text/event-stream")
            #expect(head.headers["cache-control"] == "no-store")
            #expect(head.headers["content-length"] == nil)
            #expect(first.map(\.name).prefix(4) == ["hello", "event", "reset", "status"])
            let hello = try first[0].document(HelloDocument.self)
            #expect(hello.node == "edge-1")
            #expect(hello.revision?.short == "main@3f2a9c1")
            #expect(!hello.replays)
            #expect(try first[1].document(EventDocument.self).message == "what was before")

            source.change { $0.rename("web1", label: "changed") }
            source.note("web1", "it happened")
            server.turned()
            let all = try await client.wait(for: "event", count: 2)
            let changed = try #require(all.last { $0.name == "instance" })
            let listed = try await Connection(port: port).ask("/v1/instances").document(
                ListDocument<InstanceDocument>.self)
            // The very document that the list has.
            let document = try changed.document(InstanceDocument.self)
            #expect(document == listed.items.first { $0.name == "web1" })
            #expect(document.labels == ["step": "changed"])
            let count = client.events.count { $0.name == "instance" }
            #expect(count == 4 + 1)

            source.change { $0.remove("web1") }
            server.turned()
            try await client.wait(for: "removed")
        }
    }

    @Test func whoComesBackMissesNothing() async throws {
        try await withLive { source, port, server in
            let first = try open(port)
            try await first.wait(for: "complete")
            let id = try #require(first.lastID)
            source.note("web2", "while nobody looked")
            source.change { $0.rename("web2", label: "meanwhile") }
            // Nobody needs to watch meanwhile, nor the loop to turn.
            let again = try open(port, extra: "Last-Event-ID: \(id)\r\n")
            let seen = try await again.wait(for: "event")
            #expect(seen.map(\.name) == ["hello", "instance", "event"])
            #expect(try seen[0].document(HelloDocument.self).replays)
            #expect(try seen[2].document(EventDocument.self).message == "while nobody looked")
            let other = try open(port, extra: "Last-Event-ID: another-7\r\n")
            let whole = try await other.wait(for: "complete")
            #expect(try whole[1].document(ResetDocument.self).reason == .epoch)
        }
    }

    @Test func heartbeatsBreakTheSilence() async throws {
        try await withLive { _, port, _ in
            let client = try open(port)
            try await client.wait(for: "heartbeats") { $0.heartbeats >= 3 }
            // They move the last id on, and tell the page nothing.
            #expect(client.lastID != nil)
            #expect(client.events.last?.name == "complete")
        }
    }

    @Test func nobodyWatchesAndNothingIsAsked() async throws {
        try await withLive { source, port, server in
            let client = try Connection(port: port)
            do {
                let stream = StreamClient(client, "/v1/stream?topics=usage,status").reading()
                let seen = try await stream.wait(for: "usage", count: 2)
                let usage = try #require(
                    try seen.first { $0.name == "usage" }?.document(UsageSamplesDocument.self))
                #expect(usage.samples.first?.memoryBytes == 12 << 20)
            }
            client.hangUp()
            try await eventually("the stream is left") { server.streams.streams == 0 }
            let asked = source.asked
            for _ in 0..<100 { server.turned() }
            // Time has to pass: what must not happen has no moment.
            try await Task.sleep(for: .milliseconds(300))
            #expect(source.asked == asked)
        }
    }

    @Test func logsAreFollowed() async throws {
        try await withLive { source, port, _ in
            let client = try open(port, "?topics=logs&instance=web0&tail=2")
            try await client.wait(for: "log", count: 2)
            source.write("a \"new\" line")
            let seen = try await client.wait(for: "log", count: 3)
            #expect(seen.map(\.name) == ["hello", "log", "log", "log"])
            let line = try seen[3].document(TailDocument.self)
            #expect((line.line, line.replica, line.stream) == ("a \"new\" line", "web0/0", "stdout"))
            #expect(line.complete == true)
            source.write("said correct-horse-battery aloud")
            let masked = try await client.wait(for: "log", count: 4)
            #expect(try masked[4].document(TailDocument.self).line == "said *** aloud")
        }
    }

    @Test func noMessageHoldsTheValueOfASecret() async throws {
        try await withLive { source, port, server in
            let client = try open(port, "?topics=status,events")
            try await client.wait(for: "complete", count: 1)
            source.note("web0", "event of correct-horse-battery")
            server.turned()
            let seen = try await client.wait(for: "event", count: 1)
            let event = try #require(seen.last { $0.name == "event" })
            #expect(try event.document(EventDocument.self).message == "event of ***")
        }
    }

    @Test(arguments: [
        ("?topics=none", 400), ("?topics=", 400), ("?topics=logs", 400), ("?tail=5", 400),
        ("?level=info", 400),
        ("?topics=logs&instance=web0&level=loud", 400), ("?topics=logs&instance=web0&stream=x", 400),
        ("?topics=logs&instance=web0&tail=1001", 400), ("?history=5&topics=status", 400), ("?histroy=1", 400),
        ("?topics=logs&instance=nobody", 404),
    ])
    func whatCannotBeStreamedIsRefused(query: String, status: Int) async throws {
        try await withLive { _, port, server in
            let reply = try await Connection(port: port).ask("/v1/stream\(query)")
            #expect(reply.status == status)
            #expect(reply.headers["content-type"] == "application/problem+json")
            #expect(server.streams.streams == 0)
        }
    }

    @Test func withoutATokenLoopbackSeesNoLogs() async throws {
        try await withLive(access: AccessRules()) { _, port, _ in
            let logs = try await Connection(port: port).ask("/v1/stream?topics=logs&instance=web0")
            #expect(logs.status == 401)
            #expect(logs.headers["www-authenticate"] == "Bearer")
            #expect(try logs.document(ProblemDocument.self).code == "no-token")
            let head = try await Connection(port: port).ask("/v1/stream", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.headers["content-type"] == "text/event-stream")
        }
    }

    @Test func twoHundredStreamsSeeTheSame() async throws {
        try await withLive { source, port, server in
            let clients = try (0..<200).map { try open(port, from: UInt8(2 + $0 / 25)) }
            for client in clients { try await client.wait(for: "complete") }
            #expect(server.streams.streams == 200)
            for step in 1...5 {
                source.change { $0.rename("web0", label: "\(step)") }
                source.note("web0", "step \(step)")
                server.turned()
            }
            for client in clients {
                let seen = try await client.wait(for: "event", count: 5)
                let last = try seen.last { $0.name == "instance" }?.document(InstanceDocument.self)
                #expect(last?.labels == ["step": "5"])
            }
            // The endpoint goes on to answer.
            #expect(try await Connection(port: port).ask("/v1/status").status == 200)
        }
    }

    @Test func oneAddressHasSoManyStreams() async throws {
        try await withLive { _, port, server in
            let clients = try (0..<StatusLimits.streamsPerClientMax).map { _ in try open(port) }
            for client in clients { try await client.wait(for: "hello") }
            let reply = try await Connection(port: port).ask("/v1/stream")
            #expect(reply.status == 429)
            #expect(reply.headers["retry-after"] != nil)
            #expect(try reply.document(ProblemDocument.self).code == "too-many-streams")
            // Another address is not held up by that.
            try await open(port, from: 9).wait(for: "complete")
            clients[0].hangUp()
            try await eventually("a place is free") {
                server.streams.streams <= StatusLimits.streamsPerClientMax
            }
            try await open(port).wait(for: "complete")
        }
    }

    @Test func whoTakesNothingIsDisconnected() async throws {
        try await withLive { source, port, server in
            // It says what it wants, and never reads.
            let connection = try Connection(port: port, receiveBuffer: 4_096)
            let slow = StreamClient(connection, "/v1/stream")
            try await eventually("the slow one is there") { server.streams.streams == 1 }
            let quickOne = try open(port)
            let long = String(repeating: "x", count: 20_000)
            for step in 0..<2_000 where server.streams.streams > 1 {
                source.note("web0", "\(step) \(long)")
                server.turned()
                try await Task.sleep(for: .milliseconds(5))
            }
            try await eventually("the slow one is gone") { server.streams.streams == 1 }
            #expect(!quickOne.isOver)
            withExtendedLifetime(slow) {}
        }
    }

    @Test func theEndIsSaidGoodbyeTo() async throws {
        let clock = ContinuousClock()
        var client: StreamClient?
        var begun = clock.now
        try await withLive(streaming: StreamSettings()) { _, port, _ in
            client = try open(port)
            try await client?.wait(for: "complete")
            begun = clock.now
        }
        // Well before requests that hang would be cut off.
        #expect(clock.now - begun < StatusLimits.drainMax)
        let events = try #require(try await client?.wait(for: "bye"))
        #expect(try events.last?.document(ByeDocument.self).reason == "ending")
    }
}

func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<6_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw ClientError(message: "waited in vain: \(what)")
}
