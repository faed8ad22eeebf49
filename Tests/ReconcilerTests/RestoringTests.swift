import Manifests
import Reconciler
import TestKit
import Testing

/// What an agent that comes back makes of what it finds.
struct RestoringTests {
    private func source(_ profile: String = "keepalive", _ instance: String = "") -> DeclaredSource {
        Declared.source(
            Declared.unit(
                "web", "profile: \(profile)\nconfig: {fields: [{name: fps, type: int, default: 1}]}"),
            Declared.instance("web", of: "web@^1", instance))
    }

    @Test("runs of which nothing is remembered stay until a revision declares or omits them")
    func storeLost() throws {
        var host = try SimulatedHost.running(source())
        let id = host.run("web")?.id
        host.loseStore()
        #expect(try host.settle().actions.isEmpty)
        try host.commit(source())
        #expect(try host.settle().actions.isEmpty)
        #expect(host.run("web")?.id == id)
        host.loseStore()
        try host.commit(Declared.source(Declared.unit()))
        var causes: [Cause] = []
        try host.settle { plan, _ in causes += plan.stops.map(\.cause) }
        #expect(causes.map(\.reason) == [.removed])
        #expect(host.run("web") == nil)
    }

    @Test("with the store lost, a suspended declaration leaves what runs alone")
    func storeLostSuspended() throws {
        var host = try SimulatedHost.running(source())
        host.loseStore()
        try host.commit(source("keepalive", "suspend: true"))
        #expect(try host.settle().actions.isEmpty)
        #expect(host.run("web") != nil)
    }

    @Test("oneshots whose history is lost are held until their spec or nonce changes")
    func oneshotsHeld() throws {
        var world = World()
        let moment = ManualClock().moment
        world.accept(try source("oneshot").desired(revision: .numbered(1)), at: moment)
        world.holdOneshots(reason: "the store was lost")
        let held = plan(observed: world.observed, memory: world.memory, at: moment.instant)
        #expect(held.actions.isEmpty)
        #expect(held.waits("web").count == 1)
        let again = try source("oneshot", "restartNonce: a").desired(revision: .numbered(2))
        world.accept(again, at: moment)
        #expect(!plan(observed: world.observed, memory: world.memory, at: moment.instant).actions.isEmpty)
    }

    @Test("a backoff of the boot before is forgotten, also by the next agent of this boot")
    func backoffOfLastBoot() throws {
        var memory = Memory()
        var world = World()
        let desired = try source().desired(revision: .numbered(1))
        let moment = ManualClock().moment
        world.accept(desired, at: moment)
        memory = world.memory
        let late = RestartState(failures: 3, backoffUntil: Instant(nanoseconds: .max / 2))
        memory.instances["web"]?.replicas[0] = ReplicaMemory(restart: late)
        var next = World(memory: memory)
        next.forgetInstants()
        let stored = next.takeChanges().memories
        #expect(stored.map(\.0) == ["web"])
        #expect(stored.first?.1?.replicas[0]?.restart.backoffUntil == nil)
        #expect(plan(observed: next.observed, memory: next.memory, at: .zero).actions.count == 1)
    }

    @Test("an accepted revision that is restored leaves no line in the history")
    func quietly() throws {
        var world = World()
        let moment = ManualClock().moment
        world.restore(try source().desired(revision: .numbered(1)), at: moment)
        #expect(world.takeChanges().events.isEmpty)
        #expect(world.desired?.revision == .numbered(1))
    }
}
