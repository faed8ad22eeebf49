import Manifests
import Reconciler
import TestKit
import Testing

/// The chain from what was seen last back to the commit.
struct WhyTests {
    private static let unit = Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}")

    private func source(_ spec: String) -> DeclaredSource {
        DeclaredSource([
            "unit.yaml": Self.unit + "\n", "web.yaml": Declared.instance("web", of: "web@^1", spec) + "\n",
        ])
    }

    private func state(_ host: SimulatedHost, conditions: [Condition] = []) -> AgentState {
        let moment = host.clock.moment
        return AgentState(
            node: host.node, version: "test", bootID: "boot", startedWall: moment.wall, isReady: true,
            source: SourceStatus(repository: "/r", ref: "main", path: "/"), conditions: conditions,
            desired: host.world.desired, observed: host.world.observed, memory: host.world.memory,
            waiting: host.plan().waiting, now: moment.instant, nowWall: moment.wall)
    }

    @Test("From the wait over exit and start to the field, its line and the commit; the worst replica first")
    func chain() throws {
        var host = try SimulatedHost.running(source("replicas: 2"))
        try host.commit(source("replicas: 2\nconfig: {fps: 9}"), by: "Eve", subject: "Turn it up")
        try host.settle()
        try host.advance(by: .seconds(30))
        host.crash("web", 1)
        try host.settle()
        host.crash("web", 1)
        try host.settle()
        let why = try #require(Why(state(host), instance: "web", events: host.takeEvents()))
        #expect(why.replicas.map(\.status.replica.index) == [1, 0])
        let worst = why.replicas[0]
        let first = try #require(worst.steps.first)
        #expect(first.kind == .event && first.event != .starting)
        #expect(worst.steps.contains { $0.event == .exited && $0.text.contains("exit code 1") })
        #expect(worst.steps.suffix(2).map(\.kind) == [.change, .commit])
        #expect(worst.steps.suffix(2).first?.text == "spec.config.fps 1 → 9")
        #expect(worst.steps.last?.text.hasSuffix("by Eve <eve@example.org>: Turn it up") == true)
        guard let waiting = worst.waiting else { throw Declared.NotThere() }
        #expect(waiting.lift(now: host.clock.now).hasPrefix("by itself in "))
        #expect(worst.telling != nil && why.replicas[1].telling == nil)
    }

    @Test("However often it crashed, a chain is bounded and still ends with the commit") func bounded() throws
    {
        var host = try SimulatedHost.running(source("restart: {backoff: {initial: 1ms, max: 1ms}}"))
        for _ in 0..<40 {
            host.crash("web")
            try host.settle()
            try host.advance(by: .seconds(1))
        }
        let events = host.takeEvents()
        let why = try #require(Why(state(host), instance: "web", events: Array(events.suffix(Why.eventsMax))))
        let steps = why.replicas[0].steps
        #expect(steps.count <= Why.stepsMax + 2)
        #expect(steps.last?.kind == .commit)
        #expect(steps.suffix(2).first?.text == "new instance at web.yaml:3")
    }

    @Test("Where the host cannot start what is wanted, the change and its commit come before the old run's")
    func refused() throws {
        var host = try SimulatedHost.running(source(""))
        host.unprepared = ["web"]
        try host.commit(source("config: {fps: 9}"), by: "Eve", subject: "Turn it up")
        try host.settle()
        let why = try #require(Why(state(host), instance: "web", events: host.takeEvents()))
        let steps = why.replicas[0].steps
        #expect(steps.first?.text == "spec.config.fps 1 → 9")
        #expect(steps.dropFirst().first?.text.hasSuffix("Turn it up") == true)
        #expect(steps.last?.kind == .commit && steps.last?.text.contains("Turn it up") == false)
    }

    @Test("What stands between a commit and the Instance is said, and nothing else of the agent")
    func conditions() throws {
        let host = try SimulatedHost.running(source(""))
        func condition(_ kind: Condition.Kind) -> Condition {
            Condition(type: kind, status: true, reason: "X", message: "x", since: WallTime(nanoseconds: 0))
        }
        let why = try #require(
            Why(
                state(
                    host,
                    conditions: [
                        condition(.synced), condition(.invalid), condition(.limitsDegraded),
                        condition(.notifyFailing),
                    ]),
                instance: "web", events: []))
        #expect(why.conditions.map(\.type) == [.invalid])
        #expect(Why(state(host), instance: "nobody", events: []) == nil)
        #expect(Why(state(host), instance: "web", replica: 3, events: [])?.replicas.isEmpty == true)
    }
}
