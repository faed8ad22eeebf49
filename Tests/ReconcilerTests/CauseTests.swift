import Manifests
import Reconciler
import TestKit
import Testing

/// Every action says why: field, values, place, commit and author, or the exit.
struct CauseTests {
    private func source(_ instance: String, _ unit: String = "") -> DeclaredSource {
        Declared.source(
            Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}\n" + unit),
            Declared.instance("web", of: "web@^1", instance))
    }

    private func causes(_ host: inout SimulatedHost) throws -> [String] {
        var lines: [String] = []
        try host.settle { plan, _ in
            lines += plan.stops.map { "stop: \($0.cause.text)" }
            lines += plan.starts.map { "start: \($0.cause.text)" }
            lines += plan.updates.map { "update: \($0.cause.text)" }
        }
        return lines
    }

    @Test("a changed field is named with its line, commit and author, at the stop and at the start")
    func changed() throws {
        var host = try SimulatedHost.running(source("config: {fps: 10}"))
        try host.commit(source("config: {fps: 30}"), by: "Ben")
        let text = "spec.config.fps 10 → 30 at f1.yaml:6, main@0000002 by Ben <ben@example.org>"
        #expect(try causes(&host) == ["stop: \(text)", "start: \(text)"])
    }

    @Test("a run that missed several commits names every field that differs")
    func several() throws {
        var host = try SimulatedHost.running(source("replicas: 2\nconfig: {fps: 10}"))
        try host.commit(source("replicas: 2\nconfig: {fps: 30}"))
        try host.settle()
        try host.commit(source("replicas: 2\nconfig: {fps: 30}", "env: {A: b}"))
        var texts: Set<String> = []
        try host.advance(by: .seconds(60)) { plan, _ in
            for stop in plan.stops { texts.insert("\(stop.slot) \(stop.cause.headline)") }
        }
        #expect(
            texts == [
                "web/0 unit.spec.env.A set to b", "web/1 spec.config.fps 10 → 30, unit.spec.env.A set to b",
            ])
    }

    @Test("crash, liveness and startup")
    func exits() throws {
        let probes =
            "health: {startup: {exec: {command: [/up]}}, liveness: {exec: {command: [/live]}}}"
        var host = try SimulatedHost.running(source("", probes))
        host.crash("web", 0, .signaled(number: 11, coreDumped: true))
        #expect(try causes(&host) == ["start: killed by SIGSEGV (core dumped)"])
        host.passProbes()
        host.wait(until: host.clock.now + .seconds(100))
        if let run = host.run("web") { host.probe(run.id, .liveness, passing: false, detail: "exit code 1") }
        #expect(
            try causes(&host) == [
                "stop: liveness probe failed: exit code 1", "start: liveness probe failed: exit code 1",
            ])
        if let run = host.run("web") { host.probe(run.id, .startup, passing: false, detail: "no answer") }
        #expect(try causes(&host) == ["stop: startup probe failed: no answer"])
        // It never came up, so it waits like any other failure.
        #expect(host.plan().wakeAt != nil)
    }

    @Test("a refused start keeps its cause for the next try")
    func refused() throws {
        var host = try SimulatedHost.running(source("replicas: 1"))
        try host.commit(source("replicas: 2"), by: "Ben")
        let slot = SlotID(instance: "web", index: 1)
        try host.settle(stuck: [slot])
        if let process = host.process(of: slot) { host.refuse(process.run) }
        host.wait(until: host.clock.now + .seconds(1))
        let text = try causes(&host).first
        #expect(text == "start: spec.replicas 1 → 2 at f1.yaml:6, main@0000002 by Ben <ben@example.org>")
    }

    @Test("what asked for one start is no cause of the next")
    func spent() throws {
        var host = try SimulatedHost.running(source("replicas: 1"))
        try host.commit(source("replicas: 2"))
        try host.settle()
        host.stopAgent()
        try host.settle()
        host.restartAgent()
        let texts = try causes(&host)
        #expect(texts.count == 2 && texts.allSatisfy { $0.hasPrefix("start: it is meant to run at f1.yaml") })
    }

    @Test("the history says what happened in plain words")
    func history() throws {
        var host = SimulatedHost()
        try host.commit(source(""))
        try host.settle()
        host.crash("web")
        try host.advance(by: .seconds(1))
        let events = host.takeEvents()
        #expect(
            events.map(\.kind) == [
                .revisionAccepted, .starting, .started, .ready, .exited, .backoff, .starting, .started,
                .ready,
            ])
        #expect(
            events.first { $0.kind == .backoff }?.message
                == "web/0 is started again in 1s: failure 1 in a row")
        #expect(events.allSatisfy { $0.replica != nil || $0.revision != nil })
    }
}
