import Manifests
import Reconciler
import TestKit
import Testing

/// What an agent that comes back makes of a replica that was changing over, or of a start that never came to
/// be.
struct ChangeOverTests {
    private static let web = """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: web}
        spec:
          version: 1.0.0
          entry: {command: /bin/web}
          config: {fields: [{name: fps, type: int, default: 10}]}
        ---
        apiVersion: plumb.dev/v1
        kind: Instance
        metadata: {name: web}
        spec:
          unit: web@^1
          config: {fps: 20}
          update: {maxUnavailable: 0, maxSurge: 1, minHealthyTime: 2s}

        """
    private let old = SlotID(instance: "web", index: 0)

    /// A host on which web/0 is last known good, and its successor runs beside it.
    private func surging() throws -> SimulatedHost {
        var host = SimulatedHost()
        try host.commit(DeclaredSource(["web.yaml": Self.web]))
        try host.settle()
        try host.advance(by: .seconds(600))
        let next = Self.web.replacing("fps: 20", with: "fps: 30")
        try host.commit(DeclaredSource(["web.yaml": next]))
        try host.settle()
        return host
    }

    @Test("what served before is not stopped where its successor is gone by the time that an agent is there")
    func successorGone() throws {
        var host = try surging()
        let successor = try #require(host.process(of: old.other)?.run)
        // The agent sees that it is healthy, and goes before it asks anything to end.
        host.wait(until: host.clock.now + .seconds(2))
        #expect(host.world.slot(of: old.replica) == old.other)
        host.endUnseen(successor, .exited(code: 1))
        host.restartAgent()
        #expect(host.world.slot(of: old.replica) == old)
        #expect(host.plan().actions.allSatisfy { !isStop($0) })
        let restarts = host.world.memory.instances["web"]?.successor(0)?.memory.restarts
        // It begins anew, and takes the place once it is well.
        try host.advance(by: .seconds(60))
        #expect(host.world.slot(of: old.replica) == old.other)
        #expect(host.process(of: old) == nil)
        #expect(host.world.memory.instances["web"]?.replicas[0]?.restarts == restarts)
    }

    @Test("a change-over whose successor is well goes on")
    func successorWell() throws {
        var host = try surging()
        host.wait(until: host.clock.now + .seconds(2))
        host.restartAgent()
        #expect(host.plan().actions.count(where: isStop) == 1)
        #expect(host.world.slot(of: old.replica) == old.other)
    }

    @Test("a start that never came to be is not put down to the end of the run before it")
    func lostClaim() throws {
        var host = SimulatedHost()
        try host.commit(DeclaredSource(["web.yaml": Self.web]))
        try host.settle()
        let changed = Self.web.replacing("fps: 20", with: "fps: 30").replacing(
            "maxUnavailable: 0", with: "maxUnavailable: 1"
        )
        .replacing("maxSurge: 1", with: "maxSurge: 0")
        try host.commit(DeclaredSource(["web.yaml": changed]))
        try host.settle(stuck: [old])
        let run = try #require(host.process(of: old)?.run)
        host.end(run, .signaled(number: 15, coreDumped: false))
        host.perform(host.plan())
        host.restartAgent()
        try host.settle(stuck: [old])
        let next = try #require(host.process(of: old))
        #expect(next.memo.startCause.reason == .missing)
    }

    private func isStop(_ action: Action) -> Bool {
        if case .stop = action { true } else { false }
    }
}
