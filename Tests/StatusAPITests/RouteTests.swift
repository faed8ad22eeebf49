import Foundation
import Reconciler
import Testing

@testable import StatusAPI

@Suite struct RouteTests {
    @Test func statusShowsWhatRunsAndWhatWaits() async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask("/v1/status")
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(reply.text.hasSuffix("}\n"))
            let status = try reply.document(StatusDocument.self)
            #expect((status.apiVersion, status.kind, status.node) == ("plumb.dev/v1", "Status", "edge-1"))
            #expect(status.source.accepted?.short == "main@3f2a9c1")
            #expect(status.source.accepted?.acceptedAt == Timestamp(Sample.wall(3)))
            #expect(status.instances.map(\.name) == ["broken", "db", "web"])
            let web = status.instances[2]
            #expect((web.ready, web.sync, web.health) == ("2/2", .synced, "healthy"))
            #expect(web.replicas.map(\.name) == ["web/0", "web/1"])
            #expect(web.replicas.map(\.pid) == [1000, 1001])
            #expect(web.replicas.map(\.ports) == [["http": 8080], ["http": 8081]])
            #expect(web.replicas[0].revision == "main@3f2a9c1")
            #expect(web.declaredAt == "instances/web.yaml:4")
            let broken = status.instances[0].replicas[0]
            #expect((broken.phase, broken.restarts, broken.ready) == ("Crashed", 4, false))
            #expect(broken.lastExit?.code == 3)
            #expect(status.waiting.map(\.replica) == ["broken/0"])
            #expect(status.waiting.first?.reason == "Backoff")
            #expect(status.waiting.first?.until == Timestamp(Sample.wall(20)))
            #expect((status.summary.instances, status.summary.desired, status.summary.ready) == (3, 5, 4))
            #expect(status.summary.byPhase == ["Running": 4, "Crashed": 1])
            #expect(status.conditions.map(\.type) == ["Synced"])
            // Secrets are named by nothing here, not even by their files.
            #expect(!reply.text.contains("web-token"))
            #expect(reply.text.contains("\"startedAt\":\"2026-09-21T14:13:20.123Z\""))
        }
    }

    @Test func historyIsAnsweredAndWhatRunsWroteOnTheSocketAlone() async throws {
        let directory = TemporaryDirectory()
        try await withServer(socket: directory.path + "/s") { at in
            let open = try Connection(port: at.port)
            let why = try await open.ask("/v1/instances/broken/why").document(WhyDocument.self)
            #expect(why.replicas.map(\.name) == ["broken/0"])
            #expect(why.replicas[0].waiting?.lift.hasPrefix("by itself in ") == true)
            #expect(why.replicas[0].output == nil)
            let local = try Connection(socket: directory.path + "/s")
            let page = try await local.ask("/v1/instances/broken/why?replica=0").document(WhyDocument.self)
            #expect(page.replicas.first?.output?.map(\.text) == ["the last words of broken/0"])

            let list = try await open.ask("/v1/instances/web/history?limit=2")
                .document(ListDocument<SpecRecordDocument>.self)
            #expect(list.items.map(\.outcome) == ["good", "good"])
            #expect(list.items[0].wantedSeconds == 8)
            let trace = try await open.ask("/v1/revisions/3f2a9c1/trace").document(TraceDocument.self)
            #expect(trace.stages.map(\.stage) == ["seen", "planned"])
            #expect(trace.stages.last?.sinceFirst == 2)
            for (path, status) in [
                ("/v1/instances/nobody/why", 404), ("/v1/instances/nobody/history", 404),
                ("/v1/instances/web/why?replica=x", 400), ("/v1/instances/web/history?limit=201", 400),
                ("/v1/revisions/ffff/trace", 404), ("/v1/revisions/3f2/trace", 400),
                ("/v1/revisions/main/trace", 400),
            ] {
                #expect(try await open.ask(path).status == status, "\(path)")
            }
        }
    }

    @Test func everyRouteAnswersAndDecodes() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            let health = try await connection.ask("/healthz")
            #expect((health.status, health.text) == (200, "ok\n"))
            let ready = try await connection.ask("/readyz")
            #expect(ready.status == 200)
            #expect(try ready.document(ReadinessDocument.self).ready)
            let revisions = try await connection.ask("/v1/revisions?limit=5")
                .document(ListDocument<RevisionHistoryDocument>.self)
            #expect(revisions.kind == "RevisionList")
            #expect(revisions.items.map(\.outcome) == ["accepted", "accepted", "accepted"])
            #expect(revisions.items.first?.revision.author == "Änn <ann@example.org>")
            let units = try await connection.ask("/v1/units").document(ListDocument<UnitDocument>.self)
            #expect(units.items.map(\.instances) == [["broken", "db", "web"]])
            #expect(units.items.map(\.version) == ["1.4.2"])
            let instances = try await connection.ask("/v1/instances").document(
                ListDocument<InstanceDocument>.self)
            #expect(instances.items.map(\.ready) == ["0/1", "2/2", "2/2"])
            let sandbox = try await connection.ask("/v1/instances/web/sandbox").document(SandboxDocument.self)
            #expect(sandbox.replicas.map(\.name) == ["web/0", "web/1"])
            #expect(sandbox.replicas.map(\.pid) == [1000, 1000])
            #expect(sandbox.replicas[0].items.map(\.inForce) == ["yes"])
            // What does not run has no process to look at.
            let idle = try await connection.ask("/v1/instances/broken/sandbox").document(SandboxDocument.self)
            #expect(idle.replicas.map(\.pid) == [nil] && idle.replicas[0].items.isEmpty)
            #expect(try await connection.ask("/v1/instances/nobody/sandbox").status == 404)
            let one = try await connection.ask("/v1/instances/broken").document(InstanceDetailDocument.self)
            #expect((one.kind, one.instance.name, one.waiting.count) == ("Instance", "broken", 1))
        }
    }

    @Test func eventsTellTheCauseAndAreFiltered() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            func events(_ query: String) async throws -> ListDocument<EventDocument> {
                try await connection.ask("/v1/events\(query)").document(ListDocument<EventDocument>.self)
            }
            let all = try await events("")
            #expect(all.items.map(\.id) == Array(1...20))
            #expect(all.cursor == 20)
            let cause = try #require(all.items[0].cause)
            #expect(cause.changes.map(\.path) == ["spec.config.fps"])
            #expect(cause.changes.map(\.old) == ["10"])
            #expect(
                (cause.place, cause.revision?.author) == ("instances/web.yaml:4", "Änn <ann@example.org>"))
            #expect(try await events("?limit=2").items.map(\.id) == [19, 20])
            #expect(try await events("?after=3&limit=2").items.map(\.id) == [4, 5])
            let end = try await events("?after=20")
            #expect((end.items.count, end.cursor) == (0, 20))
            #expect(try await events("?instance=web&limit=2").items.map(\.replica) == ["web/0", "web/0"])
            #expect(
                try await events("?since=2026-09-21T16:13:38.123%2B02:00").items.map(\.id) == [18, 19, 20])
        }
    }

    @Test func anAgentThatIsNotReadySaysWhy() async throws {
        try await withServer(SampleSource(Sample.state(isReady: false))) { at in
            let reply = try await Connection(port: at.port).ask("/readyz")
            #expect(reply.status == 503)
            #expect(try reply.document(ReadinessDocument.self).reasons.count == 1)
            // It is alive all the same.
            #expect(try await Connection(port: at.port).ask("/healthz").status == 200)
        }
    }

    @Test func aLoopThatHangsIsNotHealthy() async throws {
        try await withServer(SampleSource(hangs: true)) { at in
            let reply = try await Connection(port: at.port).ask("/healthz")
            #expect(reply.status == 503)
            #expect(try reply.document(ProblemDocument.self).code == "no-answer")
        }
    }

    @Test(
        arguments: Route.all.filter { $0.audience == .everybody && $0.template != "/v1/stream" }.map(
            \.template))
    func headIsGetWithoutABody(template: String) async throws {
        let target = Sample.target(template)
        try await withServer { at in
            let connection = try Connection(port: at.port)
            let get = try await connection.ask(target)
            let head = try await connection.ask(target, method: "HEAD")
            #expect(head.status == get.status)
            // What is measured includes the request before.
            if template != "/metrics" {
                #expect(head.headers == get.headers)
                #expect(head.headers["content-length"] == "\(get.body.count)")
            }
            // The next answer comes right behind, so there was no body.
            #expect(try await connection.ask("/healthz").text == "ok\n")
        }
    }

    @Test func prettyIsForPeople() async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask("/v1/units?pretty")
            #expect(reply.text.contains("\n  \"apiVersion\" : "))
        }
    }

    @Test func aThousandInstancesAreQuick() async throws {
        try await withServer(SampleSource(Sample.state(instances: 1000))) { at in
            let connection = try Connection(port: at.port)
            var times: [Duration] = []
            var bytes = 0
            for _ in 0..<5 {
                times.append(
                    try await ContinuousClock().measure {
                        let reply = try await connection.ask("/v1/status")
                        bytes = reply.body.count
                        #expect(reply.status == 200)
                    })
            }
            let document = try await connection.ask("/v1/status").document(StatusDocument.self)
            #expect(document.instances.count == 1001)
            let best = times.min() ?? .zero
            print("/v1/status of 1,001 instances, \(bytes) bytes: best of 5 \(best / .milliseconds(1)) ms")
            #expect(best < .seconds(3))
        }
    }
}
