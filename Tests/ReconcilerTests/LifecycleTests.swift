import Manifests
import Reconciler
import TestKit
import Testing

/// Suspension, nonces, oneshots, scaling, removal, unknown runs, adoption, and what becomes last known good.
struct LifecycleTests {
    private static let config = "config: {fields: [{name: fps, type: int, default: 1}]}"

    private func source(_ instance: String, unit: String = config) -> DeclaredSource {
        Declared.source(Declared.unit("web", unit), Declared.instance("web", of: "web@^1", instance))
    }

    @Test("a suspended Instance that is first seen is not started")
    func suspendedFirst() throws {
        var host = SimulatedHost()
        try host.commit(source("suspend: true"))
        #expect(try host.settle().actions.isEmpty)
        #expect(host.world.observed.runs.isEmpty)
    }

    @Test("a suspended Instance goes on crashing and coming back as it was")
    func suspendedCrash() throws {
        var host = try SimulatedHost.running(source("config: {fps: 1}"))
        let spec = host.run("web")?.spec
        try host.commit(source("suspend: true\nconfig: {fps: 2}\nreplicas: 3"))
        try host.settle()
        host.crash("web")
        let plan = try host.settle()
        #expect(host.run("web")?.spec.specHash == spec?.specHash)
        #expect(host.world.observed.runs.count == 1)
        #expect(plan.waits("web") == [.suspended])
    }

    @Test("lifting a suspension applies what it held back, in the name of the commit that lifts it")
    func lifted() throws {
        var host = try SimulatedHost.running(source("config: {fps: 1}"))
        try host.commit(source("suspend: true\nconfig: {fps: 2}"))
        try host.settle()
        try host.commit(source("config: {fps: 2}"))
        var causes: [Cause] = []
        try host.settle { plan, _ in causes += plan.stops.map(\.cause) + plan.starts.map(\.cause) }
        #expect(causes.count == 2)
        #expect(causes.allSatisfy { $0.revision == .numbered(3) && $0.headline == "spec.config.fps 1 → 2" })
    }

    @Test("deleting the file of a suspended Instance stops nothing")
    func suspendedDeleted() throws {
        var host = try SimulatedHost.running(source(""))
        try host.commit(source("suspend: true"))
        try host.commit(Declared.source(Declared.unit("web", Self.config)))
        let plan = try host.settle()
        #expect(host.run("web") != nil)
        #expect(plan.waits("web") == [.suspended])
        host.restartAgent()
        try host.settle()
        #expect(host.run("web") != nil)
    }

    @Test("any change of the nonce restarts, also back to an old one")
    func nonce() throws {
        var host = try SimulatedHost.running(source("restartNonce: a"))
        var ids = [host.run("web")?.id]
        for text in ["restartNonce: b", "restartNonce: a", ""] {
            try host.commit(source(text))
            try host.settle()
            ids.append(host.run("web")?.id)
        }
        #expect(Set(ids).count == 4)
    }

    @Test("a nonce that is first seen together with its Instance starts it once")
    func nonceFirst() throws {
        var host = SimulatedHost()
        try host.commit(source("restartNonce: a"))
        var starts = 0
        try host.settle { plan, _ in starts += plan.starts.count }
        #expect(starts == 1)
    }

    private static let oneshot = config + "\nprofile: oneshot"

    @Test("a oneshot that succeeded does not run again, not even after a reboot; a new spec or nonce runs it")
    func oneshot() throws {
        var host = SimulatedHost()
        func starts(_ body: (inout SimulatedHost) throws -> Void) throws -> Int {
            var count = 0
            try body(&host)
            try host.settle { plan, _ in count += plan.starts.count }
            return count
        }
        #expect(try starts { try $0.commit(source("config: {fps: 1}", unit: Self.oneshot)) } == 1)
        host.crash("web", 0, .exited(code: 0))
        #expect(try starts { _ in } == 0)
        #expect(try starts { $0.restartAgent() } == 0)
        #expect(try starts { $0.reboot() } == 0)
        #expect(try starts { try $0.commit(source("config: {fps: 2}", unit: Self.oneshot)) } == 1)
        host.crash("web", 0, .exited(code: 0))
        #expect(
            try starts { try $0.commit(source("config: {fps: 2}\nrestartNonce: a", unit: Self.oneshot)) } == 1
        )
        host.crash("web", 0, .exited(code: 0))
        #expect(
            try starts {
                try $0.commit(
                    source("config: {fps: 2}\nrestartNonce: a\nstop: {grace: 9s}", unit: Self.oneshot))
            } == 0)
    }

    @Test("a oneshot that the reboot interrupted runs again")
    func oneshotInterrupted() throws {
        var host = SimulatedHost()
        try host.commit(source("", unit: Self.oneshot))
        try host.settle()
        host.reboot()
        try host.settle()
        #expect(host.run("web") != nil)
        #expect(host.memory("web")?.completed == nil)
    }

    @Test("a oneshot that is declared again has not forgotten that it ran")
    func oneshotRedeclared() throws {
        var host = SimulatedHost()
        try host.commit(source("", unit: Self.oneshot))
        try host.settle()
        host.crash("web", 0, .exited(code: 0))
        try host.commit(Declared.source(Declared.unit()))
        host.restartAgent()
        try host.commit(source("", unit: Self.oneshot))
        #expect(try host.settle().actions.isEmpty)
        #expect(host.world.observed.runs.isEmpty)
    }

    @Test("desired: stopped is no removal: health and history are kept")
    func stopped() throws {
        var host = try SimulatedHost.running(source("replicas: 2"))
        let good = host.world.memory.instances["web"]?.lastKnownGood.map(\.specHash)
        #expect(good?.count == 1)
        try host.commit(source("replicas: 2\ndesired: stopped"))
        var reasons: [Cause.Reason] = []
        try host.settle { plan, _ in reasons += plan.stops.map(\.cause.reason) }
        #expect(reasons == [.scaled, .scaled])
        #expect(host.world.memory.instances["web"]?.lastKnownGood.map(\.specHash) == good)
        try host.commit(source("replicas: 2"))
        var causes: [Cause] = []
        try host.settle { plan, _ in causes += plan.starts.map(\.cause) }
        #expect(causes.map(\.headline) == Array(repeating: "spec.desired stopped → running", count: 2))
        #expect(causes.allSatisfy { $0.revision == .numbered(3) })
    }

    @Test("an Instance first seen stopped, or on another node, starts in the name of what brings it here")
    func firstElsewhere() throws {
        for text in ["desired: stopped", "nodes: {names: [edge-2]}", "nodes: {selector: {zone: b}}"] {
            var host = SimulatedHost(node: Node(name: "edge-1", labels: ["zone": "a"]))
            try host.commit(source(text))
            #expect(try host.settle().actions.isEmpty)
            try host.commit(source(""))
            var causes: [Cause] = []
            try host.settle { plan, _ in causes += plan.starts.map(\.cause) }
            #expect(causes.map(\.reason) == [.scaled])
            #expect(causes.first?.revision == .numbered(2))
        }
    }

    @Test("a label that the node gains or loses moves Instances like a commit does")
    func nodeLabels() throws {
        var host = SimulatedHost()
        let near = source("nodes: {selector: {zone: a}}")
        try host.commit(near)
        try host.settle()
        #expect(host.run("web") == nil)
        host.node.labels["zone"] = "a"
        try host.commit(near)
        try host.settle()
        #expect(host.run("web") != nil)
    }

    @Test("unknown runs are neither stopped, changed nor doubled")
    func unknown() throws {
        var host = try SimulatedHost.running(source("replicas: 2\nconfig: {fps: 1}"))
        let known = host.run("web")
        if let known { host.silence(known.id) }
        for text in ["replicas: 2\nconfig: {fps: 2}", "replicas: 2\nstop: {grace: 9s}", "desired: stopped"] {
            try host.commit(source(text))
            try host.settle { plan, _ in
                #expect(!plan.starts.contains { $0.slot == known?.slot })
                #expect(!plan.stops.contains { $0.slot == known?.slot })
                #expect(!plan.updates.contains { $0.slot == known?.slot })
            }
        }
        host.restartAgent()
        host.world.observed.stopping ? () : host.stopAgent()
        try host.settle { plan, _ in #expect(!plan.stops.contains { $0.slot == known?.slot }) }
        #expect(host.run("web")?.id == known?.id)
    }

    @Test(
        "the agent's restart touches nothing",
        arguments: ["", "health: {readiness: {exec: {command: [/c]}}}"])
    func adoption(_ health: String) throws {
        var host = try SimulatedHost.running(source("replicas: 3", unit: Self.config + "\n" + health))
        let before = host.world.observed.runs.mapValues(\.id)
        for _ in 0..<5 {
            host.restartAgent()
            #expect(try host.settle().actions.isEmpty)
        }
        #expect(host.world.observed.runs.mapValues(\.id) == before)
    }

    @Test("a start that was claimed and never made is made by the next agent")
    func claimedOnly() throws {
        var host = SimulatedHost()
        try host.commit(source(""))
        host.perform(host.plan())
        host.answerChecks()
        host.perform(host.plan())
        host.restartAgent()
        #expect(host.run("web") == nil)
        try host.settle()
        #expect(host.run("web")?.phase == .running)
    }

    @Test("a stop that the agent did not live to see is no crash")
    func stopUnseen() throws {
        var host = try SimulatedHost.running(source("replicas: 2\nrestart: {policy: never}"))
        try host.commit(source("replicas: 1\nrestart: {policy: never}"))
        host.perform(host.plan())
        if let process = host.process(of: SlotID(instance: "web", index: 1)) {
            host.endUnseen(process.run, .signaled(number: 15, coreDumped: false))
        }
        host.restartAgent()
        try host.commit(source("replicas: 2\nrestart: {policy: never}"))
        try host.settle()
        #expect(host.run("web", 1) != nil)
    }

    @Test("a spec becomes last known good after its time in health, and the newest three are kept")
    func lastKnownGood() throws {
        var host = SimulatedHost()
        func good() -> [SpecHash] { host.world.memory.instances["web"]?.lastKnownGood.map(\.specHash) ?? [] }
        try host.commit(source("config: {fps: 1}"))
        try host.advance(by: .seconds(59))
        #expect(good().isEmpty)
        try host.advance(by: .seconds(1))
        #expect(good() == [host.run("web")?.spec.specHash].compactMap { $0 })
        for fps in 2...5 {
            try host.commit(source("config: {fps: \(fps)}"))
            try host.advance(by: .seconds(120))
        }
        #expect(good().count == InstanceMemory.lastKnownGoodMax)
        #expect(good().first == host.run("web")?.spec.specHash)
    }

    @Test("memory of what is gone goes, too")
    func forgotten() throws {
        var host = try SimulatedHost.running(source("replicas: 2"))
        try host.commit(Declared.source(Declared.unit()))
        try host.settle()
        #expect(host.world.memory.instances.isEmpty)
        #expect(host.world.observed.runs.isEmpty)
    }

    @Test("readiness that comes and goes does not lose the health before it")
    func flapping() throws {
        let probe = Self.config + "\nhealth: {readiness: {exec: {command: [/c]}}}"
        var host = try SimulatedHost.running(source("", unit: probe))
        if let run = host.run("web") { host.probe(run.id, .readiness, passing: false) }
        host.crash("web")
        #expect(host.plan().starts.count == 1)
    }

    @Test(
        "a probe that is removed while it fails makes the run ready; one that liveness had given up is spared"
    )
    func probesChanged() throws {
        let readiness = Self.config + "\nhealth: {readiness: {exec: {command: [/c]}}}"
        var host = try SimulatedHost.running(source("", unit: readiness))
        if let run = host.run("web") { host.probe(run.id, .readiness, passing: false) }
        try host.commit(source("", unit: Self.config))
        try host.settle()
        #expect(host.run("web")?.isReady == true)

        let liveness = Self.config + "\nhealth: {liveness: {exec: {command: [/wrong]}}}"
        var other = try SimulatedHost.running(source("", unit: liveness))
        let id = other.run("web")?.id
        try other.commit(source("", unit: Self.config + "\nhealth: {liveness: {exec: {command: [/right]}}}"))
        if let id { other.probe(id, .liveness, passing: false) }
        try other.settle()
        #expect(other.run("web")?.id == id)
    }

    @Test("starts that the host refuses are tried ever more rarely")
    func refused() throws {
        var host = SimulatedHost()
        try host.commit(source(""))
        let slot = SlotID(instance: "web", index: 0)
        var delays: [Duration] = []
        for _ in 0..<7 {
            try host.settle(stuck: [slot])
            if let process = host.process(of: slot) { host.refuse(process.run) }
            guard let wake = host.plan().wakeAt else { break }
            delays.append(wake - host.clock.now)
            host.wait(until: wake)
        }
        #expect(delays == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }
}
