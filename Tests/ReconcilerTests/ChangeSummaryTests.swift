import Manifests
import Reconciler
import TestKit
import Testing

/// What `plumb diff` says, and whether it is what then happens.
struct ChangeSummaryTests {
    private static let unit = Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}")

    private func source(_ instances: [String: String]) -> DeclaredSource {
        var files = ["unit.yaml": Self.unit + "\n"]
        for (name, spec) in instances {
            files["\(name).yaml"] = Declared.instance(name, of: "web@^1", spec) + "\n"
        }
        return DeclaredSource(files)
    }

    private func summary(_ host: inout SimulatedHost, _ source: DeclaredSource) throws -> ChangeSummary {
        let candidate = try host.candidate(source)
        return ChangeSummary(world: host.world, candidate: candidate, at: host.clock.moment)
    }

    @Test("rows by kind, with replicas, cause and what the rollout does")
    func rows() throws {
        var host = try SimulatedHost.running(
            source([
                "a": "", "b": "replicas: 3", "c": "stop: {grace: 6s}", "d": "", "e": "replicas: 3",
                "g": "update: {strategy: recreate}",
            ]))
        let found = try summary(
            &host,
            source([
                "a": "", "b": "replicas: 3\nconfig: {fps: 2}", "c": "stop: {grace: 7s}", "e": "replicas: 1",
                "f": "replicas: 2", "g": "update: {strategy: recreate}\nconfig: {fps: 9}",
            ]))
        #expect(
            found.rows.map { "\($0.kind.rawValue) \($0.replicas) \($0.cause.headline) \($0.note)" } == [
                "start f/0..1 new instance ",
                "restart b/0..2 spec.config.fps 1 → 2 rolling, 1 at a time",
                "restart g/0 spec.config.fps 1 → 9 recreate: all at once",
                "live c/0 spec.stop.grace 6s → 7s ",
                "stop d/0 declared no longer ",
                "stop e/1..2 spec.replicas 3 → 1 ",
            ])
        #expect(ChangeSummary.Kind.allCases.map(found.count) == [2, 4, 1, 0, 3])
        #expect(found.unchanged == 2)
        #expect(found.from == .numbered(1) && found.to == .numbered(2))
    }

    @Test("replicas that are not neighbours are listed one by one")
    func replicas() {
        let cause = Cause(reason: .newInstance)
        func row(_ indices: [Int]) -> String {
            ChangeSummary.Row(kind: .start, instance: "w", indices: indices, cause: cause, note: "").replicas
        }
        #expect(
            [[0], [0, 1], [0, 2], [1, 2, 3], []].map(row) == ["w/0", "w/0..1", "w/0,2", "w/1..3", "w"])
    }

    @Test("labels and dependencies are quiet")
    func quiet() throws {
        var host = try SimulatedHost.running(source(["a": "", "b": ""]))
        var next = source(["a": "dependsOn: [{instance: b}]", "b": ""])
        next.files["b.yaml"] = next.files["b.yaml"]?.replacing("{name: b}", with: "{name: b, labels: {t: x}}")
        let found = try summary(&host, next)
        #expect(found.rows.isEmpty)
        #expect(found.quiet.map(\.instance) == ["a", "b"])
        #expect(found.quiet.last?.changes.map(\.text) == ["metadata.labels set to t=x"])
    }

    @Test("annotations and labels of endpoints are quiet, and are shown")
    func annotations() throws {
        let endpoints = "endpoints: [{name: http, port: 80, labels: {tier: old}}]"
        func source(_ unit: String, _ more: String) -> DeclaredSource {
            let instance = Declared.instance("a", of: "web@^1", "").replacing(
                "{name: a}", with: "{name: a\(more)}")
            return DeclaredSource(["u.yaml": Declared.unit("web", unit) + "\n", "a.yaml": instance + "\n"])
        }
        var host = try SimulatedHost.running(source(endpoints, ""))
        let found = try summary(
            &host, source(endpoints.replacing("old", with: "new"), ", annotations: {note: x}"))
        #expect(found.rows.isEmpty)
        #expect(
            found.quiet.first?.changes.map(\.text) == [
                "metadata.annotations set to note=x", "unit.spec.endpoints.http.labels tier=old → tier=new",
            ])
    }

    @Test("what is accepted already changes nothing, in the middle of a rollout neither")
    func twice() throws {
        var host = try SimulatedHost.running(source(["a": "replicas: 3"]))
        try host.commit(source(["a": "replicas: 3\nconfig: {fps: 2}"]))
        #expect(try summary(&host, source(["a": "replicas: 3\nconfig: {fps: 2}"])).rows.isEmpty)
        guard let accepted = host.world.desired else { throw Declared.NotThere() }
        let same = ChangeSummary(world: host.world, candidate: accepted, at: host.clock.moment)
        #expect(same.rows.isEmpty && same.quiet.isEmpty)
    }

    @Test("a replica that gave up and gets another chance is a start")
    func anotherChance() throws {
        var host = try SimulatedHost.running(source(["a": "restart: {maxRetries: 0}"]))
        host.crash("a")
        try host.settle()
        let found = try summary(&host, source(["a": "restart: {maxRetries: 3}"]))
        #expect(
            found.rows.map { "\($0.kind.rawValue) \($0.cause.headline)" } == [
                "start spec.restart.maxRetries 0 → 3"
            ])
    }

    @Test("suspended Instances are named, those that lost their file too")
    func suspended() throws {
        var host = try SimulatedHost.running(source(["a": "", "b": ""]))
        try host.commit(source(["a": "", "b": "suspend: true"]))
        #expect(try summary(&host, source(["a": ""])).suspended == ["b"])
        #expect(try summary(&host, source(["a": ""])).rows.isEmpty)
        #expect(try summary(&host, source(["a": "suspend: true", "b": ""])).suspended == ["a"])
    }

    @Test("two revisions without a host compare as on a host where all runs well")
    func withoutHost() throws {
        let from = try source(["a": "replicas: 2", "b": ""]).desired(revision: .numbered(1))
        let to = try source(["a": "replicas: 2\nconfig: {fps: 3}"]).desired(revision: .numbered(2))
        let moment = ManualClock().moment
        let world = World.running(from, at: moment)
        let found = ChangeSummary(world: world, candidate: to, at: moment)
        #expect(found.rows.map { "\($0.kind.rawValue) \($0.replicas)" } == ["restart a/0..1", "stop b/0"])
        #expect(
            Reconciler.plan(observed: world.observed, memory: world.memory, at: moment.instant).actions
                .isEmpty)
    }

    // MARK: Plan hash

    private func hash(_ host: inout SimulatedHost, _ instances: [String: String]) throws -> String {
        try summary(&host, source(instances)).planHash
    }

    @Test("the plan hash sees removals and restarts alone, and not what runs")
    func planHash() throws {
        let base = ["a": "replicas: 2", "b": ""]
        var host = try SimulatedHost.running(source(base))
        let gated = try hash(&host, ["a": "replicas: 2\nconfig: {fps: 2}"])
        #expect(gated.count == 9 && gated.dropFirst(4).first == "-")
        // Starts, live changes, stops by intent and labels do not change it.
        #expect(try hash(&host, ["a": "replicas: 2\nconfig: {fps: 2}", "c": ""]) == gated)
        let nothing = try hash(&host, base)
        #expect(try hash(&host, ["a": "replicas: 1", "b": "desired: stopped"]) == nothing)
        #expect(try hash(&host, ["a": "replicas: 2\nstop: {grace: 9s}", "b": ""]) == nothing)
        #expect(nothing != gated)
        // Another value and another removal do.
        #expect(try hash(&host, ["a": "replicas: 2\nconfig: {fps: 3}"]) != gated)
        #expect(try hash(&host, ["a": "replicas: 2\nconfig: {fps: 2}", "b": ""]) != gated)
        #expect(try hash(&host, ["a": "replicas: 2\nrestartNonce: x", "b": ""]) != nothing)
        #expect(try hash(&host, ["a": "replicas: 2", "b": "nodes: {names: [edge-2]}"]) != nothing)
        // Crashes, time and unrelated revisions do not.
        host.crash("a", 1)
        host.wait(until: host.clock.now + .seconds(7))
        _ = try host.candidate(source([:]))
        #expect(try hash(&host, ["a": "replicas: 2\nconfig: {fps: 2}"]) == gated)
    }

    @Test("a reviewer without the host gets the same plan hash")
    func planHashWithoutHost() throws {
        let (before, after) = (source(["a": "", "b": ""]), source(["a": "config: {fps: 2}"]))
        var host = try SimulatedHost.running(before)
        host.crash("a")
        let there = try summary(&host, after).planHash
        let moment = ManualClock(now: Instant(nanoseconds: 1)).moment
        let world = World.running(try before.desired(revision: .numbered(7)), at: moment)
        let here = ChangeSummary(
            world: world, candidate: try after.desired(revision: .numbered(8)), at: moment)
        #expect(here.planHash == there)
    }
}
