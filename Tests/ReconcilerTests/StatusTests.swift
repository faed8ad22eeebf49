import Manifests
import Reconciler
import TestKit
import Testing

/// Phase, health and sync of what is shown: derived, never stored.
struct StatusTests {
    private func state(_ host: SimulatedHost) -> AgentState {
        AgentState(
            node: host.node, version: "1", bootID: "b", startedWall: host.clock.wall, isReady: true,
            source: SourceStatus(repository: "/r", ref: "main", path: "/"), conditions: [],
            desired: host.world.desired, observed: host.world.observed, memory: host.world.memory,
            waiting: host.plan().waiting, now: host.clock.now, nowWall: host.clock.wall)
    }

    private func status(_ host: SimulatedHost, _ name: String = "web") throws -> InstanceStatus {
        try #require(state(host).instanceStatus(name))
    }

    private func source(_ instance: String = "", unit: String = "") -> DeclaredSource {
        Declared.source(
            Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}\n" + unit),
            Declared.instance("web", of: "web@^1", instance))
    }

    @Test("well, as declared and ready")
    func well() throws {
        let shown = try status(.running(source("replicas: 2")))
        #expect(shown.health == .healthy && shown.synced && shown.readyCount == 2 && shown.reason.isEmpty)
        #expect(shown.replicas.map(\.phase) == [.running, .running])
    }

    @Test("a forge hears of success once everything has been well for its minHealthyTime, and not before")
    func commitReport() throws {
        var host = SimulatedHost()
        try host.commit(source("update: {minHealthyTime: 20s}"))
        try host.settle()
        func report() throws -> CommitReport {
            var state = state(host)
            state.source.accepted = host.world.desired?.revision
            state.source.seen = state.source.accepted
            return try #require(state.commitReport())
        }
        #expect(try report().state == .pending && report().reason == "Proving")
        #expect(try report().lookAgain == .seconds(20))
        try host.advance(by: .seconds(20))
        #expect(try report().state == .success && report().lookAgain == nil)
        try host.commit(source("update: {minHealthyTime: 20s}\nconfig: {fps: 2}"))
        try host.settle()
        try host.advance(by: .seconds(19))
        #expect(try report().state == .pending)
        try host.advance(by: .seconds(1))
        #expect(try report().state == .success)
    }

    @Test("a rollout that failed with no way back is no success, however well it is between two exits")
    func failedReport() throws {
        let settings = "update: {rollback: {automatic: false}, minHealthyTime: 20s}\n"
        var host = try SimulatedHost.running(source(settings))
        try host.advance(by: .seconds(90))
        #expect(host.world.memory.instances["web"]?.lastKnownGood.isEmpty == false)
        try host.commit(source(settings + "config: {fps: 2}"))
        for _ in 0..<Rollout.exitsMax {
            try host.settle()
            host.crash("web")
            try host.advance(by: .seconds(6))
        }
        #expect(try status(host).replicas.first?.ready == true && status(host).synced)
        var state = state(host)
        state.source.accepted = host.world.desired?.revision
        state.source.seen = state.source.accepted
        let report = try #require(state.commitReport())
        #expect(report.state == .failure && report.reason == "RolloutFailed")
    }

    @Test("a crash loop is Crashed with its exit, a replica that gave up is Failed")
    func crashes() throws {
        var host = try SimulatedHost.running(source("restart: {maxRetries: 2}"))
        host.crash("web")
        try host.settle()
        host.crash("web")
        var shown = try status(host)
        #expect(shown.replicas.first?.phase == .crashed && shown.health == .unhealthy)
        #expect(shown.reason.hasPrefix("exit code 1; waits 2s"))
        #expect(!shown.synced)
        try host.advance(by: .seconds(2))
        host.crash("web")
        try host.settle()
        shown = try status(host)
        #expect(shown.replicas.first?.phase == .failed && shown.health == .failed)
        #expect(shown.replicas.first?.restarts == 2)
    }

    @Test("a oneshot runs healthily, then has succeeded and counts as ready")
    func oneshot() throws {
        var host = SimulatedHost()
        try host.commit(source(unit: "profile: oneshot"))
        try host.settle()
        #expect(try status(host).replicas.first?.phase == .running)
        #expect(try status(host).health == .healthy)
        host.crash("web", 0, .exited(code: 0))
        let shown = try status(host)
        #expect(shown.replicas.first?.phase == .succeeded && shown.readyCount == 1 && shown.synced)
    }

    @Test("what a rollout has not reached is healthy and not as declared")
    func rollout() throws {
        var host = try SimulatedHost.running(source("replicas: 2"))
        try host.commit(source("replicas: 2\nconfig: {fps: 2}"))
        try host.settle()
        let shown = try status(host)
        #expect(!shown.synced && shown.replicas.map(\.synced) == [true, false])
        #expect(shown.replicas.last?.reason.contains("waits for its turn") == true)
    }

    @Test("suspended: what is held back is said, and not as declared")
    func suspended() throws {
        var host = try SimulatedHost.running(source())
        try host.commit(source("suspend: true\nconfig: {fps: 2}"))
        try host.settle()
        let shown = try status(host)
        #expect(!shown.synced && shown.health == .healthy)
        #expect(shown.reason.hasPrefix("suspended"))
        var fresh = SimulatedHost()
        try fresh.commit(source("suspend: true"))
        #expect(try !status(fresh).synced)
        #expect(try status(fresh).reason.hasPrefix("suspended"))
    }

    @Test("desired: stopped is stopped, healthy and as declared")
    func stopped() throws {
        var host = try SimulatedHost.running(source("replicas: 2"))
        try host.commit(source("replicas: 2\ndesired: stopped"))
        try host.settle()
        let shown = try status(host)
        #expect(shown.synced && shown.health == .healthy)
        #expect(shown.replicas.map(\.phase) == [.stopped, .stopped])
    }

    @Test("unknown is unknown, and an Instance of another node is not shown")
    func unknown() throws {
        var host = try SimulatedHost.running(source())
        if let run = host.run("web") { host.silence(run.id) }
        #expect(try status(host).replicas.first?.phase == .unknown)
        var other = SimulatedHost()
        try other.commit(source("nodes: {names: [edge-2]}"))
        #expect(state(other).instanceStatuses().isEmpty)
        #expect(state(other).instanceStatus("web") == nil)
    }

    @Test("a host that lacks something is said with its remedy")
    func host() throws {
        var host = SimulatedHost()
        host.unprepared = ["web"]
        try host.commit(source())
        try host.settle()
        let shown = try status(host)
        #expect(shown.replicas.first?.phase == .created && shown.health == .unhealthy)
        #expect(shown.reason.contains("put it into the secret directory"))
    }
}
