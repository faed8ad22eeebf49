import Foundation
import Manifests
import Reconciler
import Testing

@testable import StatusAPI

@Suite struct ListTests {
    private typealias Instances = ListDocument<InstanceDocument>

    @Test(arguments: [
        ("label=tier%3Dfront", 3), ("label=tier%20in%20(front,back),!zone", 3), ("label=tier!%3Dfront", 0),
        ("label=zone", 0), ("label=tier+in+(front)", 3), ("label=tier%20notin%20(back)", 3),
        ("phase=Crashed", 1),
        ("phase=Crashed,Running", 3), ("phase=Stopped", 0), ("health=healthy", 2),
        ("health=unhealthy,failed", 1),
        ("sync=OutOfSync", 1), ("node=edge-1", 3), ("node=edge-2", 0),
        ("node=edge-1&phase=Running&label=tier", 2),
    ])
    func instancesAreFiltered(query: String, count: Int) async throws {
        try await withServer { at in
            let list = try await Connection(port: at.port).ask("/v1/instances?\(query)").document(
                Instances.self)
            #expect(list.items.count == count)
            #expect(list.total == count)
        }
    }

    @Test(arguments: [
        ("/v1/instances?phase=crashed", "phase"), ("/v1/instances?label=a%20b", "label"),
        ("/v1/instances?label=%3Dx", "label"), ("/v1/instances?label=a%20in%20b", "label"),
        ("/v1/instances?health=", "health"), ("/v1/instances?cursor=%2B%2B", "cursor"),
        ("/v1/instances?cursor=abc", "cursor"), ("/v1/runs?state=over", "state"),
        ("/v1/events?kind=sneezed", "kind"), ("/v1/resolve", "service"),
        ("/v1/resolve?service=web&strategy=hash", "hashKey"), ("/v1/discovery?version=new", "version"),
        ("/v1/discovery?protocol=carrier", "protocol"),
    ])
    func aFilterThatIsNotUnderstoodIsRefused(target: String, name: String) async throws {
        try await withServer { at in
            let reply = try await Connection(port: at.port).ask(target)
            #expect(reply.status == 400)
            let problem = try reply.document(ProblemDocument.self)
            #expect(problem.detail.hasPrefix("the query parameter '\(name)' "), "\(problem.detail)")
        }
    }

    @Test func pagesTellEverythingOnceThoughThingsComeAndGo() async throws {
        var names: [String] = []
        var cursor: String?
        var state = Sample.state(instances: 25)
        for page in 0..<10 {
            // What was told on an earlier page goes, and what is sorted before it comes.
            if page == 1 {
                state.desired?.instances["aaa"] = Sample.desired("aaa", replicas: 1)
                state.desired?.instances["web0"] = nil
                state.observed.runs = state.observed.runs.filter { $0.key.instance != "web0" }
            }
            let query = "?limit=4" + (cursor.map { "&cursor=\($0)" } ?? "")
            let list = try await withServer(SampleSource(state)) { at in
                try await Connection(port: at.port).ask("/v1/instances\(query)").document(Instances.self)
            }
            #expect(list.total == 26)
            names += list.items.map(\.name)
            cursor = list.next
            if cursor == nil { break }
        }
        #expect(names.count == 26 && Set(names).count == 26)
        #expect(names == names.sorted())
    }

    @Test func replicasAreListedByNumberAndShownOne() async throws {
        var state = Sample.state()
        state.desired?.instances["web"]?.replicas = 12
        try await withServer(SampleSource(state)) { at in
            let connection = try Connection(port: at.port)
            let first = try await connection.ask("/v1/replicas?instance=web&limit=11")
                .document(ListDocument<ReplicaDocument>.self)
            #expect(first.items.last?.name == "web/10")
            #expect(first.items[0].usage == nil)
            let used = try await connection.ask("/v1/replicas?usage").document(
                ListDocument<ReplicaDocument>.self)
            #expect(used.items.first { $0.name == "web/0" }?.usage?.memoryBytes == 12 << 20)
            #expect((first.total, first.items[0].instance, first.items[0].node) == (12, "web", "edge-1"))
            let rest = try await connection.ask("/v1/replicas?instance=web&cursor=\(first.next ?? "")")
                .document(ListDocument<ReplicaDocument>.self)
            #expect(rest.items.map(\.name) == ["web/11"] && rest.next == nil)
            let since = try await connection.ask("/v1/replicas?since=2026-09-21T14:13:20.123Z&instance=web")
                .document(ListDocument<ReplicaDocument>.self)
            #expect(since.items.map(\.name) == ["web/0", "web/1"])
            let one = try await connection.ask("/v1/replicas/web/1").document(ReplicaDetailDocument.self)
            #expect((one.replica.unit, one.replica.usage?.tasks) == ("web@1.4.2", 3))
            for path in ["/v1/replicas/web/99", "/v1/replicas/web/x", "/v1/replicas/nobody/0"] {
                #expect(try await connection.ask(path).status == 404, "\(path)")
            }
        }
    }

    @Test func eventsGoBackPageByPage() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            func page(_ query: String) async throws -> ListDocument<EventDocument> {
                try await connection.ask("/v1/events?\(query)").document(ListDocument<EventDocument>.self)
            }
            let newest = try await page("limit=8")
            #expect(newest.items.map(\.id) == Array(13...20))
            #expect(newest.total == 20)
            let older = try await page("limit=8&cursor=\(newest.next ?? "")")
            #expect(older.items.map(\.id) == Array(5...12))
            let oldest = try await page("limit=8&cursor=\(older.next ?? "")")
            #expect(oldest.items.map(\.id) == Array(1...4) && oldest.next == nil)
            let forward = try await page("limit=8&after=0")
            #expect(forward.items.map(\.id) == Array(1...8))
            #expect(try await page("limit=8&cursor=\(forward.next ?? "")").items.map(\.id) == Array(9...16))
            #expect(try await page("kind=approved,resumed").items.map(\.id) == [19, 20])
            #expect(try await page("label=tier%3Dback").total == 0)
        }
    }

    @Test func runsAndAuditAreToldTheNewestFirst() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            let runs = try await connection.ask("/v1/runs").document(ListDocument<RunDocument>.self)
            #expect(runs.items.map(\.state) == ["live", "ended"])
            #expect(runs.items[1].reason == "killed by SIGKILL (out of memory)")
            #expect((runs.items[1].exit?.cpuSeconds, runs.items[1].seconds) == (0.25, 1))
            #expect((runs.items[0].pid, runs.items[0].phase) == (1000, "Running"))
            let ended = try await connection.ask("/v1/runs?state=ended&label=tier")
                .document(ListDocument<RunDocument>.self)
            #expect(ended.items.map(\.runId) == [Sample.endedRun.text])
            let one = try await connection.ask("/v1/runs/\(Sample.liveRun)").document(RunDetailDocument.self)
            #expect(one.run.replica == "web/0")
            #expect(try await connection.ask("/v1/runs/\(String(repeating: "0", count: 20))").status == 404)

            let audit = try await connection.ask("/v1/audit?limit=2").document(
                ListDocument<AuditDocument>.self)
            #expect(audit.items.map(\.verb) == ["approve", "resume"])
            #expect((audit.total, audit.items[0].caller?.user) == (3, "ann"))
            let rest = try await connection.ask("/v1/audit?limit=2&cursor=\(audit.next ?? "")")
                .document(ListDocument<AuditDocument>.self)
            #expect(rest.items.map(\.verb) == ["suspend"] && rest.next == nil)
            #expect(try await connection.ask("/v1/audit/1").status == 404)
        }
    }

    @Test func theSameIsNotToldTwice() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            for target in [
                "/v1/status", "/v1/instances", "/v1/instances/web/why", "/v1/plan", "/openapi.json",
            ] {
                let reply = try await connection.ask(target)
                let tag = try #require(reply.headers["etag"], "\(target)")
                #expect(tag.hasPrefix("W/\"") && reply.headers["cache-control"] == "private, no-cache")
                for known in [tag, "\"x\", \(tag.dropFirst(2))", "*"] {
                    let again = try await connection.ask(target, extra: "If-None-Match: \(known)\r\n")
                    #expect((again.status, again.body.count) == (304, 0), "\(target) \(known)")
                    #expect(again.headers["etag"] == tag)
                }
                let other = try await connection.ask(target, extra: "If-None-Match: W/\"other\"\r\n")
                #expect(other.status == 200)
            }
            #expect(try await connection.ask("/v1/nothing").headers["etag"] == nil)
            #expect(try await connection.ask("/v1/instances?cursor=abcd").status == 404)
            #expect(
                try await connection.ask("/v1/resolve?service=web").headers["cache-control"] == "no-store")
        }
    }

    @Test func theMomentOfLookingIsNoNews() throws {
        var state = Sample.state()
        // How long something still waits is news.
        state.waiting = []
        let first = try WireFormat.encode(StatusDocument(state))
        let pretty = try WireFormat.encode(StatusDocument(state), pretty: true)
        (state.now, state.nowWall) = (Sample.instant(11), Sample.wall(11))
        #expect(EntityTag.of(first) == EntityTag.of(try WireFormat.encode(StatusDocument(state))))
        #expect(
            EntityTag.of(pretty) == EntityTag.of(try WireFormat.encode(StatusDocument(state), pretty: true)))
        state.node.name = "edge-2"
        #expect(EntityTag.of(first) != EntityTag.of(try WireFormat.encode(StatusDocument(state))))
    }

    @Test func aWriteIsToldWhichFileToEdit() async throws {
        try await withServer { at in
            for (path, place) in [
                ("/v1/instances/web", "instances/web.yaml:4"), ("/v1/replicas/web/0", "instances/web.yaml:4"),
                ("/v1/units/web", "instances/unit.yaml:4"),
                ("/v1/schedules/nightly", "schedules/nightly.yaml:3"),
                ("/v1/runs/\(Sample.liveRun)", "instances/web.yaml:4"), ("/v1/instances/none", nil),
            ] {
                let reply = try await Connection(port: at.port).ask(path, method: "PUT")
                let problem = try reply.document(ProblemDocument.self)
                #expect(problem.declaredAt == place, "\(path)")
                #expect(problem.edit?.contains("commit") == true)
                #expect(problem.detail.contains(place ?? "instances/none.yaml"), "\(problem.detail)")
            }
        }
    }

    @Test func whatIsDeclaredAndNotActedOnIsToldAsThat() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            let list = try await connection.ask("/v1/schedules").document(ListDocument<ScheduleDocument>.self)
            #expect(list.items.map(\.name) == ["nightly"])
            #expect(list.items[0].message.contains("does not run schedules yet"))
            #expect(try await connection.ask("/v1/plugins/nightly").status == 404)
        }
    }
}
