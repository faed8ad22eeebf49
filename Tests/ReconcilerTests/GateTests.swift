import Foundation
import Manifests
import Reconciler
import TestKit
import Testing

/// What the gates decide, case by case; how it goes on over time is told by `Scenarios/fuse*`, `windows`, ….
struct GateTests {
    private static let unit = Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}")
    private let clock = ManualClock()

    private func desired(
        _ instances: [String: String], revision: Int = 1, node: Node = Node(name: "edge-1")
    ) throws -> Desired {
        var files = ["unit.yaml": Self.unit + "\n"]
        for (name, spec) in instances {
            files["\(name).yaml"] = Declared.instance(name, of: "web@^1", spec) + "\n"
        }
        return try DeclaredSource(files).desired(revision: .numbered(revision), node: node)
    }

    private func plan(_ old: [String: String], _ new: [String: String]) throws -> GatedPlan {
        GatedPlan(from: try desired(old).instances, to: try desired(new, revision: 2))
    }

    private func held(
        _ settings: GateSettings, _ plan: GatedPlan, windows: WindowState = .always, isFirst: Bool = false
    ) -> HeldRevision? {
        Gatekeeper(settings: settings).weigh(
            .numbered(2), plan, isFirst: isFirst, windows: windows, at: clock.moment)
    }

    @Test(
        "More than maxRemoved is held, as much is not",
        arguments: [
            // Instances of one replica each: before, after, percent, held.
            (4, 2, 50, false), (4, 1, 50, true), (3, 1, 50, true), (2, 1, 50, false), (1, 0, 50, true),
            (1, 0, 99, true), (1, 0, 100, false), (10, 9, 0, true), (10, 10, 0, false), (10, 3, 70, false),
            (10, 2, 70, true),
        ])
    func removal(before: Int, after: Int, limit: Int, isHeld: Bool) throws {
        func many(_ count: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("i\($0)", "") })
        }
        let settings = GateSettings(fuse: FusePolicy(maxRemoved: limit))
        let found = held(settings, try plan(many(before), many(after)))
        #expect((found?.isHeld(by: .fuse) ?? false) == isHeld)
        if let found {
            #expect(found.holds.first?.lift == "plumb approve \(found.plan.hash) --reason WHY")
            #expect(found.holds.first?.until == nil)
        }
    }

    @Test("Each Instance is disturbed twice at once, then once a second, and the last word is heard in time")
    func pace() {
        var random = SeededRandom(seed: 7)
        var (pace, now) = (Pace(), Instant.zero)
        var taken: [String: [Instant]] = [:]
        for _ in 0..<5_000 {
            now = now + .milliseconds(random.number(0...random.number(1...900)))
            let names = ["a", "b", "c"].filter { _ in random.once(in: 2) }
            if let wait = pace.wait(for: names, at: now) {
                #expect(
                    names.contains(wait.instance) && wait.until > now && wait.until <= now + Pace.interval)
                #expect(
                    pace.wait(for: names, at: wait.until) == nil, "whatever comes meanwhile, then it is taken"
                )
                continue
            }
            pace.took(names, at: now)
            for name in names { taken[name, default: []].append(now) }
        }
        for (name, times) in taken {
            for (first, third) in zip(times, times.dropFirst(Pace.burst)) {
                #expect(third - first >= Pace.interval, "\(name)")
            }
            #expect(times.count > 900)
        }
    }

    @Test("What stops, restarts or changes a process waits for its turn, and nothing else does")
    func disturbed() throws {
        let old = [
            "a": "replicas: 4", "b": "", "c": "", "d": "suspend: true", "e": "desired: stopped", "f": "",
            "g": "", "h": "prune: protect",
        ]
        let new = [
            "a": "replicas: 1", "b": "desired: stopped", "c": "config: {fps: 2}",
            "d": "suspend: true\nconfig: {fps: 2}", "e": "desired: stopped\nconfig: {fps: 2}",
            "f": "replicas: 2", "n": "",
        ]
        #expect(try plan(old, new).disturbed == ["a", "b", "c", "g"])
        #expect(try plan(old, old).disturbed.isEmpty)
        var keeper = Gatekeeper()
        let change = try plan(["c": ""], ["c": "config: {fps: 2}"])
        let desired = try desired(["c": "config: {fps: 2}"], revision: 2)
        for _ in 0..<Pace.burst {
            #expect(keeper.pace(.numbered(2), change, at: clock.moment) == nil)
            keeper.accepted(change, desired, at: clock.moment)
        }
        let wait = try #require(keeper.pace(.numbered(3), change, at: clock.moment))
        #expect(wait.instance == "c" && wait.until == clock.now + Pace.interval)
        // What somebody approves is meant now.
        _ = keeper.hold(
            HeldRevision(
                revision: .numbered(3), plan: change,
                holds: [Hold(kind: .window, message: "closed", lift: "it opens")], seen: clock.moment,
                since: clock.wall))
        _ = keeper.approve(change.hash.digest, by: "ann", reason: "", at: clock.moment)
        #expect(keeper.pace(.numbered(3), change, at: clock.moment) == nil)
    }

    @Test("An approved rewind is remembered until it is taken, or until something else is accepted")
    func rewind() throws {
        var keeper = Gatekeeper()
        keeper.approve(Rewind(from: .numbered(2), to: .numbered(1), isGone: false))
        let memory = keeper.takeMemory()
        let stored = try JSONDecoder().decode(
            GateMemory.self, from: JSONEncoder().encode(#require(memory)))
        #expect(stored.rewind?.to == .numbered(1))
        keeper = Gatekeeper(memory: stored)
        let plan = try plan(["a": ""], ["a": ""])
        // The accepted revision once more, under other settings of the host.
        keeper.accepted(plan, try desired(["a": ""], revision: 2), at: clock.moment)
        #expect(keeper.memory.rewind != nil)
        keeper.accepted(plan, try desired(["a": ""], revision: 1), at: clock.moment)
        #expect(keeper.memory.rewind == nil)
    }

    @Test("What is intent is no loss: stopped, fewer replicas, suspended, protected, elsewhere already")
    func intent() throws {
        let old = [
            "a": "replicas: 4", "b": "", "c": "suspend: true", "d": "prune: protect",
            "e": "nodes: {names: [edge-2]}", "f": "desired: stopped", "g": "",
        ]
        let plan = try plan(old, ["a": "replicas: 1", "b": "desired: stopped", "g": ""])
        #expect(plan.actions.isEmpty)
        #expect(!plan.changesNothing)
        #expect(plan.assigned == 8 && plan.remaining == 2)
        #expect(held(GateSettings(fuse: FusePolicy(maxRemoved: 0)), plan) == nil)
        // Moved elsewhere is gone from here, protected or not.
        let moved = try self.plan(["a": "", "b": ""], ["a": "nodes: {names: [edge-2]}", "b": ""])
        #expect(moved.actions.map(\.text) == ["remove a (1 replica)"])
    }

    @Test("What changes nothing on this host passes every gate") func nothing() throws {
        let old = ["a": "", "b": "nodes: {names: [edge-2]}"]
        let plan = try plan(old, ["a": "", "b": "nodes: {names: [edge-2]}\nconfig: {fps: 3}"])
        #expect(plan.changesNothing)
        var keeper = Gatekeeper(settings: GateSettings(applyDelay: .seconds(60)))
        keeper.suspend(reason: "audit", by: "ann", lasting: nil, at: clock.moment)
        let closed = WindowState.closed(opensAt: nil)
        #expect(
            keeper.weigh(.numbered(2), plan, isFirst: false, windows: closed, at: clock.moment) == nil)
        for change in ["config: {fps: 3}", "replicas: 2", "stop: {grace: 9s}", "prune: protect"] {
            #expect(try !self.plan(["a": ""], ["a": change]).changesNothing, "\(change)")
        }
        #expect(try !self.plan(["a": ""], ["a": "", "b": ""]).changesNothing)
    }

    @Test("Another host name or other labels are a change like a commit") func hostSettings() throws {
        let instances = ["a": "nodes: {selector: {zone: a}}", "b": "nodes: {selector: {zone: a}}", "c": ""]
        let zoneA = Node(name: "edge-1", labels: ["zone": "a"])
        let before = try desired(instances, node: zoneA)
        let after = try desired(instances, node: Node(name: "edge-1", labels: ["zone": "b"]))
        let plan = GatedPlan(from: before.instances, to: after)
        #expect(plan.actions.map(\.text) == ["remove a (1 replica)", "remove b (1 replica)"])
        #expect(held(GateSettings(), plan)?.isHeld(by: .fuse) == true)
    }

    @Test("Everything that holds is said, and the first revision waits for a suspension alone")
    func together() throws {
        let plan = try plan(["a": ""], [:])
        let opens = clock.moment.later(to: clock.now + .seconds(3600))
        var keeper = Gatekeeper(settings: GateSettings(applyDelay: .seconds(60)))
        keeper.suspend(reason: "audit", by: "ann", lasting: .seconds(7200), at: clock.moment)
        let found = keeper.weigh(
            .numbered(2), plan, isFirst: false, windows: .closed(opensAt: opens.wall), at: clock.moment)
        #expect(found?.holds.map(\.kind) == [.suspended, .window, .delay, .fuse])
        let untils = found?.holds.map { $0.until.map { ($0.instant - clock.now).components.seconds } }
        #expect(untils == [7200, 3600, 60, nil])
        if let found { _ = keeper.hold(found) }
        #expect(keeper.wakeAt(hasCandidate: true, at: clock.now) == clock.now + .seconds(60))
        #expect(keeper.wakeAt(hasCandidate: false, at: clock.now) == clock.now + .seconds(7200))

        let first = try self.plan([:], ["a": ""])
        let closed = WindowState.closed(opensAt: nil)
        #expect(held(GateSettings(applyDelay: .seconds(60)), first, windows: closed, isFirst: true) == nil)
        #expect(
            keeper.weigh(.numbered(2), first, isFirst: true, windows: .always, at: clock.moment)?.holds
                .map(\.kind) == [.suspended])
    }

    @Test("An approval is for one plan, by any writing of its hash that is long enough") func approval()
        throws
    {
        let plan = try plan(["a": ""], [:])
        let found = try #require(held(GateSettings(), plan))
        var keeper = Gatekeeper()
        #expect(
            keeper.approve("\(plan.hash)", by: "ann", reason: "r", at: clock.moment) == .nothingHeld)
        _ = keeper.hold(found)
        let digest = plan.hash.digest
        #expect(keeper.approve("0000-0000", by: "ann", reason: "r", at: clock.moment) == .other(found))
        #expect(
            keeper.approve(String(digest.prefix(7)), by: "a", reason: "", at: clock.moment) == .other(found))
        #expect(keeper.memory.approval == nil)
        for text in [
            "\(plan.hash)", String(digest.prefix(8)).uppercased(), String(digest.prefix(20)), digest,
        ] {
            #expect(keeper.approve(text, by: "ann", reason: "r", at: clock.moment) == .approved(found))
        }
        func passes(_ plan: GatedPlan, _ revision: Int = 2, _ windows: WindowState = .always) -> Bool {
            keeper.weigh(.numbered(revision), plan, isFirst: false, windows: windows, at: clock.moment) == nil
        }
        #expect(passes(plan))
        // Unrelated commits on top do not matter, another plan does, and a window is lifted for one revision.
        #expect(passes(plan, 3))
        #expect(!passes(plan, 3, .closed(opensAt: nil)))
        #expect(passes(plan, 2, .closed(opensAt: nil)))
        #expect(try !passes(self.plan(["a": "", "b": ""], [:])))
    }

    @Test("An approval does not lift a suspension") func approvalOfSuspended() throws {
        var keeper = Gatekeeper()
        keeper.suspend(reason: "audit", by: "ann", lasting: nil, at: clock.moment)
        let plan = try plan(["a": ""], ["a": "config: {fps: 2}"])
        let found = try #require(
            keeper.weigh(.numbered(2), plan, isFirst: false, windows: .always, at: clock.moment))
        _ = keeper.hold(found)
        #expect(
            keeper.approve("\(plan.hash)", by: "ann", reason: "r", at: clock.moment) == .suspended(found))
        #expect(keeper.memory.approval == nil)
    }

    @Test("Other settings of the fuse are asked anew; time alone is not an answer") func settings() throws {
        let plan = try plan(["a": "", "b": "", "c": ""], ["a": ""])
        var keeper = Gatekeeper()
        _ = keeper.hold(try #require(held(GateSettings(), plan)))
        var later = clock
        later.advance(by: .seconds(86_400))
        func isHeld(_ keeper: Gatekeeper) -> Bool {
            keeper.weigh(.numbered(2), plan, isFirst: false, windows: .always, at: later.moment) != nil
        }
        #expect(isHeld(keeper))
        let wider = GateSettings(fuse: FusePolicy(maxRemoved: 80))
        #expect(!isHeld(Gatekeeper(settings: wider, memory: keeper.memory)))
    }

    @Test("What a sum of removals blew stays held when the window has passed") func sticky() throws {
        let (all, second) = (
            ["a": "replicas: 4", "b": "replicas: 4", "c": "replicas: 2"], ["b": "replicas: 4"]
        )
        let first = ["b": "replicas: 4", "c": "replicas: 2"]
        var keeper = Gatekeeper()
        keeper.accepted(try plan(all, first), try desired(first), at: clock.moment)
        var later = clock
        func weigh(_ keeper: Gatekeeper) throws -> HeldRevision? {
            keeper.weigh(
                .numbered(3), try plan(first, second), isFirst: false, windows: .always, at: later.moment)
        }
        later.advance(by: .seconds(599))
        let found = try #require(try weigh(keeper))
        #expect(found.holds.first?.message.contains("6 of 10 are removed") == true)
        var holding = keeper
        _ = holding.hold(found)
        later.advance(by: .seconds(1))
        #expect(try weigh(keeper) == nil)
        #expect(try weigh(holding)?.holds == found.holds)
    }

    @Test("What is remembered survives its encoding, and a reboot keeps what is left of it") func memory()
        throws
    {
        var keeper = Gatekeeper(settings: GateSettings(applyDelay: .seconds(600)))
        let plan = try plan(["a": "", "b": "", "c": ""], ["a": "", "b": ""])
        keeper.accepted(plan, try desired(["a": "", "b": ""]), at: clock.moment)
        keeper.suspend(reason: "audit", by: "ann", lasting: .seconds(7200), at: clock.moment)
        let found = keeper.weigh(.numbered(2), plan, isFirst: false, windows: .always, at: clock.moment)
        _ = keeper.hold(try #require(found))
        let taken = keeper.takeMemory()
        let stored = try #require(taken)
        #expect(keeper.takeMemory() == nil)
        let bytes = try JSONEncoder().encode(stored)
        #expect(try JSONDecoder().decode(GateMemory.self, from: bytes) == stored)
        #expect(try JSONDecoder().decode(GateMemory.self, from: Data("{}".utf8)) == GateMemory())
        #expect(stored.losses?.map(\.instance) == ["c"])
        #expect(stored.scope == AcceptedScope(revision: Revision.numbered(1).id, node: Node(name: "edge-1")))

        var rebooted = clock
        rebooted.advance(by: .seconds(300))
        rebooted.reboot()
        var next = Gatekeeper(settings: keeper.settings, memory: stored)
        next.forgetInstants(now: rebooted.moment)
        // Thirty seconds went by while it was off; the wall clock knows.
        let left = next.memory.suspension?.until.map { ($0.instant - rebooted.now).components.seconds }
        #expect(left == Int64(7200 - 330))
        let seen = next.memory.held.map { (rebooted.now - $0.seen.instant).components.seconds }
        #expect(seen == 330)
        #expect(next.memory.losses?.map(\.at) == [rebooted.now])
    }

    @Test("Without an accepted snapshot what is remembered or runs counts as accepted") func lost() throws {
        var files = ["unit.yaml": Self.unit + "\n"]
        for name in ["a", "b", "c"] { files["\(name).yaml"] = Declared.instance(name, of: "web@^1") + "\n" }
        var host = try SimulatedHost.running(DeclaredSource(files))
        host.loseStore()
        #expect(host.world.desired == nil)
        let plan = GatedPlan(from: host.world.inForce, to: try desired(["a": ""], revision: 2))
        #expect(plan.actions.map(\.text) == ["remove b (1 replica)", "remove c (1 replica)"])
        #expect(held(GateSettings(), plan)?.isHeld(by: .fuse) == true)
    }
}
