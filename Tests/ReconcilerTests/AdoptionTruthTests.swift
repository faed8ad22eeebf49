import Foundation
import Manifests
import Reconciler
import TestKit
import Testing

/// What an agent knows of runs that it did not start.
struct AdoptionTruthTests {
    private func oneshot() throws -> SimulatedHost {
        var host = SimulatedHost()
        try host.commit(
            Declared.source(Declared.unit("job", "profile: oneshot"), Declared.instance("job", of: "job@^1")))
        try host.settle()
        return host
    }

    @Test("a oneshot that ended by itself just before it was asked to has done its work")
    func ownEnd() throws {
        var host = try oneshot()
        let run = try #require(host.run("job"))
        var exit = ExitReport.code(0)
        exit.endedAt = host.clock.now
        host.clock.advance(to: host.clock.now + .seconds(1))
        host.stopAgent()
        let stop = try #require(host.plan().stops.first)
        var world = host.world
        world.stopping(stop, at: host.clock.moment)
        world.exited(run.id, exit, at: host.clock.moment, randomness: 0.5)
        #expect(world.memory.instances["job"]?.replicas[0]?.completed == run.key)
    }

    @Test("of withdrawn oneshots only the newest are remembered")
    func bound() throws {
        var host = try oneshot()
        let run = try #require(host.run("job"))
        host.end(run.id, .exited(code: 0))
        try host.commit(Declared.source(Declared.unit("job", "profile: oneshot")))
        let one = try #require(host.world.memory.instances["job"])
        let since = try #require(one.withdrawnAt)
        var world = host.world
        let count = InstanceMemory.withdrawnMax + 5
        for index in 0..<count {
            var old = one
            // The names are in another order than the times.
            old.withdrawnAt = WallTime(nanoseconds: since.nanoseconds - Int64(index + 1))
            world.memory.instances["job\(index)"] = old
        }
        let desired = try #require(world.desired)
        world.accept(desired, at: host.clock.moment)
        #expect(world.memory.instances.count == InstanceMemory.withdrawnMax)
        #expect(world.memory.instances["job"] != nil && world.memory.instances["job0"] != nil)
        #expect(world.memory.instances["job\(count - 1)"] == nil)
    }

    @Test("while runs are being taken up nothing is said to be stopped")
    func notKnownYet() throws {
        let host = try SimulatedHost.running(
            Declared.source(Declared.unit("web"), Declared.instance("web", of: "web@^1")))
        var world = host.world
        world.observed.runs = [:]
        let state = AgentState(
            node: host.node, version: "", bootID: "", startedWall: host.clock.wall, isReady: false,
            source: SourceStatus(repository: "", ref: "", path: ""), conditions: [], desired: world.desired,
            observed: world.observed, memory: world.memory, waiting: [], now: host.clock.now,
            nowWall: host.clock.wall)
        let status = try #require(state.instanceStatus("web"))
        #expect(status.health == .unknown)
        #expect(status.replicas.map(\.phase) == [.unknown])
        #expect(status.reason.contains("not known yet"))
    }

    @Test("a cause that only a later version knows is still a cause")
    func laterCause() throws {
        let text = #"{"reason": {"abducted": {"by": "aliens"}}, "changes": []}"#
        let cause = try JSONDecoder().decode(Cause.self, from: Data(text.utf8))
        #expect(cause.reason == .missing)
    }
}
