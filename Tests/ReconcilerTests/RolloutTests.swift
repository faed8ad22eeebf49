import Manifests
import Reconciler
import TestKit
import Testing

/// Rolling and recreate, seen from outside: which replicas are stopped when.
struct RolloutTests {
    private func source(_ fps: Int, _ update: String, replicas: Int = 4, probe: Bool = true) -> DeclaredSource
    {
        let unit =
            "config: {fields: [{name: fps, type: int}]}\nendpoints: [{name: http, port: 8080+index}]\n"
            + (probe ? "health: {readiness: {tcp: {port: http}}}" : "")
        return Declared.source(
            Declared.unit("web", unit),
            Declared.instance("web", of: "web@^1", "replicas: \(replicas)\nconfig: {fps: \(fps)}\n" + update))
    }

    @Test("no more than maxUnavailable are stopped at a time", arguments: [1, 2, 3])
    func width(_ width: Int) throws {
        let update = "update: {strategy: rolling, maxUnavailable: \(width)}"
        var host = try SimulatedHost.running(source(1, update))
        try host.commit(source(2, update))
        var rounds = 0
        while host.world.observed.runs.values.contains(where: { $0.spec.fields.contains { $0.value == "1" } })
        {
            var stopped = 0
            try host.settle { plan, _ in stopped += plan.stops.count }
            #expect(stopped == min(width, 4 - rounds * width))
            host.passProbes()
            host.wait(until: host.clock.now + .seconds(5))
            rounds += 1
            try #require(rounds < 10)
        }
        #expect(rounds == (4 + width - 1) / width)
    }

    @Test("a new replica that never gets ready holds up the rest")
    func stuck() throws {
        let update = "update: {rollback: {automatic: false}}"
        var host = try SimulatedHost.running(source(1, update))
        try host.commit(source(2, update))
        try host.advance(by: .seconds(3600))
        #expect(host.plan().waits("web", 1).count == 1)
        #expect(host.world.observed.runs.values.filter(\.isReady).count == 3)
    }

    @Test("ready is not enough: minHealthyTime is waited for")
    func minHealthyTime() throws {
        let update = "update: {minHealthyTime: 30s}"
        var host = try SimulatedHost.running(source(1, update))
        try host.commit(source(2, update))
        try host.settle()
        host.passProbes()
        let plan = try host.settle()
        #expect(plan.stops.isEmpty)
        #expect(try #require(plan.wakeAt) <= host.clock.now + .seconds(30))
        host.wait(until: host.clock.now + .milliseconds(29_999))
        #expect(host.plan().stops.isEmpty)
        host.wait(until: host.clock.now + .milliseconds(1))
        #expect(host.plan().stops.count == 1)
    }

    @Test("what is not ready is replaced first and takes nothing of what may be missing")
    func unreadyFirst() throws {
        var host = try SimulatedHost.running(source(1, ""))
        for index in [1, 3] {
            if let run = host.run("web", index) { host.probe(run.id, .readiness, passing: false) }
        }
        try host.commit(source(2, ""))
        try host.settle()
        let fresh = host.world.observed.runs.values.filter { $0.revision.id == Revision.numbered(2).id }
        #expect(Set(fresh.map(\.slot.replica.index)) == [1, 3])
    }

    @Test("a run that liveness gave up is replaced first, though its readiness still passes")
    func livenessFirst() throws {
        let liveness = "health: {liveness: {exec: {command: [/bin/check]}}}"
        func source(_ fps: Int) -> DeclaredSource {
            Declared.source(
                Declared.unit("web", "config: {fields: [{name: fps, type: int}]}\n" + liveness),
                Declared.instance("web", of: "web@^1", "replicas: 3\nconfig: {fps: \(fps)}"))
        }
        var host = try SimulatedHost.running(source(1))
        try host.commit(source(2))
        if let run = host.run("web", 2) { host.probe(run.id, .liveness, passing: false) }
        for action in host.plan().actions { host.perform(action) }
        host.answerChecks()
        #expect(host.plan().stops.map(\.slot.replica.index) == [2])
    }

    @Test("a crashed replica comes back as the new spec, beside the window")
    func crashed() throws {
        var host = try SimulatedHost.running(source(1, ""))
        try host.commit(source(2, ""))
        try host.settle()
        host.crash("web", 3)
        try host.settle()
        #expect(host.run("web", 3)?.revision.id == Revision.numbered(2).id)
        #expect(host.run("web", 1)?.revision.id == Revision.numbered(1).id)
    }

    @Test("replicas that end well do not hold up a rollout")
    func completed() throws {
        func source(_ fps: Int) -> DeclaredSource {
            Declared.source(
                Declared.unit(
                    "web", "config: {fields: [{name: fps, type: int}]}\nrestart: {policy: on-failure}"),
                Declared.instance("web", of: "web@^1", "replicas: 2\nconfig: {fps: \(fps)}"))
        }
        var host = try SimulatedHost.running(source(1))
        try host.commit(source(2))
        try host.settle()
        host.crash("web", 0, .exited(code: 0))
        try host.settle()
        #expect(host.run("web", 1)?.revision.id == Revision.numbered(2).id)
    }

    @Test("recreate: every old run ends before the first new one begins")
    func recreate() throws {
        let update = "update: {strategy: recreate}"
        var host = try SimulatedHost.running(source(1, update))
        try host.commit(source(2, update))
        var live: [Int] = []
        try host.settle { plan, host in
            if !plan.starts.isEmpty { live.append(host.world.observed.runs.count) }
        }
        #expect(live == [0])
        #expect(host.world.observed.runs.count == 4)
    }

    @Test("a newer revision takes over an unfinished rollout at once")
    func superseded() throws {
        var host = try SimulatedHost.running(source(1, ""))
        try host.commit(source(2, ""))
        try host.settle()
        try host.commit(source(3, ""))
        try host.settle()
        #expect(host.run("web", 0)?.revision.id == Revision.numbered(3).id)
        #expect(host.world.observed.runs.values.filter(\.isReady).count == 3)
    }

    @Test("taking a change back touches no replica that it had not reached")
    func takenBack() throws {
        var host = try SimulatedHost.running(source(1, ""))
        let before = host.world.observed.runs.mapValues(\.id)
        try host.commit(source(2, ""))
        try host.settle()
        try host.commit(source(1, ""))
        try host.settle()
        for index in 1...3 {
            #expect(host.run("web", index)?.id == before[SlotID(instance: "web", index: index)])
        }
    }

    @Test("preparation that fails keeps every old run")
    func unprepared() throws {
        var host = try SimulatedHost.running(source(1, ""))
        host.unprepared = ["web"]
        let before = host.world.observed.runs.mapValues(\.id)
        try host.commit(source(2, ""))
        try host.advance(by: .seconds(120))
        #expect(host.world.observed.runs.mapValues(\.id) == before)
        guard case .host(let failure, let retryAt)? = host.plan().waits("web").first else {
            Issue.record("it does not say what the host lacks")
            return
        }
        #expect(failure == SimulatedHost.secretMissing)
        #expect(retryAt - host.clock.now <= World.hostRetryMax)
    }
}
