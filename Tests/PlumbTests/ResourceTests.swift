import Reconciler
import StatusAPI
import Testing

@testable import Plumb

/// `plumb get`, `top` and `plan`: tables made of the agent's documents.
@Suite("get, top and plan") struct ResourceTests {
    private let now = Timestamp("2026-11-21T09:33:43.512Z")

    private func value(_ text: String) throws -> OutputValue {
        try #require(OutputValue(json: Array(text.utf8)))
    }

    @Test("Kinds are named as one likes, and each has a route")
    func kinds() {
        for word in ["instances", "Instance", "inst"] { #expect(ResourceKind(word: word) == .instances) }
        #expect(ResourceKind(word: "revs") == .revisions)
        #expect(ResourceKind(word: "pods") == nil)
        #expect(ResourceKind.replicas.path(of: "web/0") == "/v1/replicas/web/0")
        #expect(ResourceKind.units.path(of: "web@1.4.2") == "/v1/units/web%401%2E4%2E2")
    }

    @Test("Instances as a table; wide says more, and nothing is shown as null")
    func instances() throws {
        let items = try value(WireExamples.status).value(at: "instances")?.items ?? []
        let now = try #require(now)
        let narrow = ResourceTable(kind: .instances, items: items, isWide: false, now: now)
        #expect(
            narrow.lines(width: 100, paint: .none) == [
                "INSTANCE  UNIT          SYNC       HEALTH     READY  REASON",
                "queue     queue@1.0.0   Synced     healthy      1/1",
                "web       web@1.1.0     Synced     healthy      1/2",
                "worker    worker@1.0.0  OutOfSync  unhealthy    0/1  exit code 1; waits 8s before it is started aga…",
            ])
        let wide = ResourceTable(kind: .instances, items: items, isWide: true, now: now)
        #expect(wide.lines(width: nil, paint: .none)[1].contains("team=shop  instances/queue.yaml:6"))
    }

    @Test("Replicas are shown with age and ports")
    func replicas() throws {
        let items = try value(WireExamples.detail).value(at: "instance.replicas")?.items ?? []
        let table = ResourceTable(kind: .replicas, items: items, isWide: false, now: try #require(now))
        #expect(
            table.lines(width: 100, paint: .none) == [
                "REPLICA  PHASE       HEALTH      PID  AGE  RESTARTS  PORTS",
                "web/0    Running     healthy     812  42s         1  http=18080",
                "web/1    Configured  recovering    –    –         0  http=18081",
            ])
    }

    @Test("The most demanding comes first, under a line with what all use together")
    func top() throws {
        let items = try value(
            """
            [{"name":"web/0","unit":"web@1.1.0","limits":{"memory":"64Mi"},
            "usage":{"cpuCores":0.25,"memoryBytes":33554432,"tasks":4,"descriptors":11,"cpuSeconds":12.5}},
            {"name":"worker/0","unit":"worker@1.0.0","usage":{"cpuCores":1.5,"memoryBytes":1048576}}]
            """
        ).items
        #expect(
            TopReport(replicas: items, all: items).lines(width: nil, paint: .none) == [
                "2 replicas: 1750m cores, 33Mi",
                "",
                "REPLICA     CPU     MEMORY  PEAK  TASKS  FDS  READ  WRITTEN  CPU TIME  UNIT",
                "web/0      250m  32Mi/64Mi     –      4   11     –        –       13s  web@1.1.0",
                "worker/0  1500m        1Mi     –      –    –     –        –         –  worker@1.0.0",
            ])
    }

    @Test("What is under way, and each wait with what ends it")
    func plan() throws {
        let plan = try value(
            """
            {"node":"edge-1","revision":{"short":"main@3f2a9c1"},"message":"1 under way, 1 waiting",
            "doing":[{"action":"stop","replica":"web/0","instance":"web","since":"2026-11-21T09:33:41.000Z",
            "message":"SIGTERM, then 5s"}],
            "waiting":[{"replica":"worker/0","instance":"worker","reason":"Backoff","message":"exit code 1",
            "until":"2026-11-21T09:33:51.512Z","lift":"the time, or a commit"}]}
            """)
        let lines = WorkReport(plan: plan, now: try #require(now)).lines(width: 100, paint: .none)
        #expect(
            lines == [
                "edge-1  main@3f2a9c1",
                "1 under way, 1 waiting",
                "",
                "DOING  REPLICA  SINCE  WHAT",
                "stop   web/0       3s  SIGTERM, then 5s",
                "",
                "WAITING  REPLICA   UNTIL  WHY          WHAT ENDS IT",
                "Backoff  worker/0  in 8s  exit code 1  the time, or a commit",
            ])
    }
}
