import Foundation
import Manifests
import Reconciler
import TestKit
import Testing

/// What is stored reads back as it was.
struct CodingTests {
    private func roundTrip<V: Codable>(_ value: V) throws -> V {
        try JSONDecoder().decode(V.self, from: try JSONEncoder().encode(value))
    }

    /// Text with sorted keys, for values that are not Equatable. Dictionaries with keys of their own kind are
    /// written as lists without an order, so the bytes are compared as a multiset of lines.
    private func text<V: Codable>(_ value: V) throws -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
            .split(separator: "\n").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " ,")) }
            .sorted()
    }

    private func world() throws -> SimulatedHost {
        let unit =
            "config: {fields: [{name: fps, type: int, default: 1}], apply: {method: file}}\n"
            + "reload: {signal: SIGHUP}\n"
            + "endpoints: [{name: http, port: 8080+index}]\nenv: {A: \"é\\n\"}\n"
            + "health: {readiness: {http: {port: http, path: /}}, liveness: {exec: {command: [/c]}}}"
        let texts = [
            "replicas: 3\nsecrets: {P: {file: p}}\ndependsOn: [{instance: job, required: false}]", "",
        ]
        var host = try SimulatedHost.running(
            Declared.source(
                Declared.unit("web", unit), Declared.unit("job", "profile: oneshot"),
                Declared.instance("web", of: "web@^1", texts[0]), Declared.instance("job", of: "job@^1")))
        host.crash("job", 0, .exited(code: 0))
        host.crash("web", 1, .signaled(number: 9, coreDumped: false))
        host.crash("web", 0, .startFailed(step: "exec", errno: 2, message: "no such file"))
        if let run = host.run("web", 2) { host.silence(run.id) }
        try host.settle()
        host.crash("web", 1)
        try host.settle()
        return host
    }

    @Test("memory, observed and desired state")
    func values() throws {
        let world = try world().world
        #expect(try text(roundTrip(world.memory)) == text(world.memory))
        #expect(try text(roundTrip(world.observed)) == text(world.observed))
        let desired = try #require(world.desired)
        #expect(try text(roundTrip(desired)) == text(desired))
        for run in world.observed.runs.values { #expect(try roundTrip(run.spec) == run.spec) }
    }

    @Test("events, waiting and conditions")
    func shown() throws {
        var host = try world()
        let events = host.takeEvents()
        #expect(!events.isEmpty)
        #expect(try roundTrip(events) == events)
        let waiting = host.plan().waiting
        #expect(!waiting.isEmpty)
        #expect(try roundTrip(waiting) == waiting)
        let condition = Condition(
            type: .sourceStale, status: true, reason: "Unreadable", message: "…", since: host.clock.wall,
            observedRevision: Revision.numbered(1).id)
        #expect(try roundTrip(condition) == condition)
        let source = SourceStatus(
            repository: "/srv/git", ref: "main", path: "/", accepted: .numbered(1),
            acceptedAt: host.clock.wall,
            seen: .numbered(2), diagnostics: ["a", "b"])
        #expect(try roundTrip(source) == source)
    }

    @Test("a plan from what was read back is the same plan")
    func plans() throws {
        var host = try world()
        host.wait(until: host.clock.now + .seconds(100))
        let world = host.world
        let now = host.clock.now
        let before = Reconciler.plan(observed: world.observed, memory: world.memory, at: now)
        let after = Reconciler.plan(
            observed: try roundTrip(world.observed), memory: try roundTrip(world.memory), at: now)
        #expect(
            PlanText.lines(before, at: now, waiting: true) == PlanText.lines(after, at: now, waiting: true))
    }
}
