import Manifests
import Reconciler
import TestKit
import Testing

/// What makes a replica, and an Instance, degraded or recovering. The table of the page on probes.
struct HealthTests {
    private func status(_ host: SimulatedHost) throws -> InstanceStatus {
        let state = AgentState(
            node: host.node, version: "1", bootID: "b", startedWall: host.clock.wall, isReady: true,
            source: SourceStatus(repository: "/r", ref: "main", path: "/"), conditions: [],
            desired: host.world.desired, observed: host.world.observed, memory: host.world.memory,
            waiting: host.plan().waiting, now: host.clock.now, nowWall: host.clock.wall)
        return try #require(state.instanceStatus("web"))
    }

    private func running(_ instance: String = "", unit: String = "") throws -> SimulatedHost {
        try .running(
            Declared.source(Declared.unit("web", unit), Declared.instance("web", of: "web@^1", instance)))
    }

    private func run(_ host: SimulatedHost) throws -> RunID {
        try #require(host.process(of: SlotID(instance: "web", index: 0))?.run)
    }

    private let http = """
        endpoints: [{name: http, port: 8080+index}]
        health: {readiness: {http: {port: http}, failureThreshold: 3}}
        """

    @Test("one failure of a probe degrades, its threshold makes unhealthy, one success heals")
    func faltering() throws {
        var host = try running(unit: http)
        let id = try run(host)
        #expect(try status(host).health == .healthy)
        host.falter(id, .readiness, "HTTP 500")
        let faltering = try status(host)
        #expect(faltering.health == .degraded && faltering.readyCount == 1)
        #expect(faltering.reason == "the readiness probe fails, not yet often enough to count: HTTP 500")
        #expect(host.takeEvents().last?.kind == .probeFailing)
        host.falter(id, .readiness, nil)
        host.falter(id, .readiness, "HTTP 500")
        #expect(host.takeEvents().isEmpty, "not more than one a minute is an event")
        host.falter(id, .readiness, nil)
        #expect(try status(host).health == .healthy)
        host.probe(id, .readiness, passing: false)
        #expect(try status(host).health == .unhealthy)
        host.probe(id, .readiness, passing: true, detail: "HTTP 200")
        #expect(try status(host).health == .healthy)
    }

    @Test("the first crash makes recovering, the second degraded, and time ready heals both")
    func crashes() throws {
        var host = try running("restart: {backoff: {initial: 1s, resetAfter: 1m}}")
        host.crash("web")
        try host.settle()
        let first = try status(host)
        #expect(first.health == .recovering && first.readyCount == 1)
        #expect(first.reason == "its last run ended: exit code 1; healthy in 1m00s if it stays ready")
        host.crash("web")
        try host.settle()
        #expect(try status(host).health == .unhealthy)
        try host.advance(by: .seconds(1))
        try host.advance(by: .seconds(30))
        let second = try status(host)
        #expect(second.health == .degraded && second.reason.hasPrefix("2 failures in a row"), "\(second)")
        try host.advance(by: .seconds(31))
        #expect(try status(host).health == .healthy)
    }

    @Test("an Instance that serves with fewer than declared is degraded, one that serves with none is not")
    func instances() throws {
        var host = try running("replicas: 2", unit: http)
        let id = try run(host)
        host.probe(id, .readiness, passing: false)
        let part = try status(host)
        #expect(part.health == .degraded && part.replicas.map(\.health) == [.unhealthy, .healthy])
        #expect(part.reason == "HTTP 503")
        let other = try #require(host.process(of: SlotID(instance: "web", index: 1))?.run)
        host.probe(other, .readiness, passing: false)
        #expect(try status(host).health == .unhealthy)
    }

    @Test("what is unknown stays unknown, however well the others are")
    func unknown() throws {
        var host = try running("replicas: 2")
        host.silence(try run(host))
        try host.settle()
        #expect(try status(host).health == .unknown)
    }

    @Test("a stop or an update is no failure: nothing is degraded after it")
    func updates() throws {
        var host = try running()
        try host.commit(
            Declared.source(Declared.unit("web"), Declared.instance("web", of: "web@^1", "restartNonce: a")))
        try host.settle()
        try host.commit(
            Declared.source(Declared.unit("web"), Declared.instance("web", of: "web@^1", "restartNonce: b")))
        try host.settle()
        #expect(try status(host).health == .healthy)
    }

    @Test("a run that passed its startup probe is not asked again by the next agent")
    func startedUp() throws {
        var host = try running(
            unit: "endpoints: [{name: http, port: 80}]\nhealth: {startup: {http: {port: http}}}")
        let id = try run(host)
        host.probe(id, .startup, passing: true)
        #expect(host.world.memory.instances["web"]?.replicas[0]?.startedUp == id)
    }

    @Test("the time of a liveness heartbeat is in the environment of a run: another one is another run")
    func watchdogTime() throws {
        func spec(_ health: String) throws -> InstanceSpec {
            let unit = Declared.unit("web", "health: {\(health)}")
                .replacing("{command: /bin/web}", with: "{command: /bin/web, notify: true}")
            let desired = try Declared.source(unit, Declared.instance()).desired(revision: .numbered(1))
            return try #require(desired.instances["web"]).spec
        }
        let usual = try spec("liveness: {heartbeat: {}}")
        #expect(try spec("liveness: {heartbeat: {ttl: 30s}}").startHash == usual.startHash)
        #expect(try spec("liveness: {heartbeat: {ttl: 10s}}").startHash != usual.startHash)
        let startup = try spec("startup: {heartbeat: {ttl: 1m}}, liveness: {heartbeat: {}}")
        #expect(startup.startHash == usual.startHash && startup.specHash != usual.specHash)
    }
}
