import FoundationEssentials
import Manifests
package import Reconciler

/// The gates of a simulated host, with what stands before them.
package struct SimulatedGates: Sendable {
    package var keeper: Gatekeeper
    package var windows = WindowState.always
    /// What is held, or waits for its turn.
    package var candidate: Desired?
    package fileprivate(set) var paced: PacedRevision?
    /// What was disturbed by what was accepted, and when, in this life of the agent.
    package fileprivate(set) var disturbances: [(instance: String, at: Instant)] = []

    package init(settings: GateSettings = GateSettings()) { keeper = Gatekeeper(settings: settings) }

    /// What a story prints of it.
    func lines(now: Instant) -> [String] {
        var lines: [String] = []
        if let paced { lines.append("! \(paced.text(now: now))") }
        if let suspension = keeper.memory.suspension { lines.append("! \(suspension.text)") }
        if let held = keeper.memory.held {
            lines.append("! \(held.text)")
            lines += held.plan.actions.map { "!   \($0.text)" }
        }
        return lines
    }

    /// A new agent knows what was stored, and reads the candidate again.
    mutating func restart() {
        guard let bytes = try? JSONEncoder().encode(keeper.memory),
            let memory = try? JSONDecoder().decode(GateMemory.self, from: bytes)
        else { return }
        keeper = Gatekeeper(settings: keeper.settings, memory: memory)
        paced = nil
        disturbances = []
    }
}

extension SimulatedHost {
    /// A revision comes to the gates.
    package mutating func offer(_ desired: Desired) {
        guard gates != nil else { return accept(desired) }
        let plan = GatedPlan(from: world.inForce, to: desired)
        let held = gates?.keeper.weigh(
            desired.revision, plan, isFirst: world.inForce.isEmpty, windows: gates?.windows ?? .always,
            at: clock.moment)
        gates?.candidate = desired
        gates?.paced = nil
        if let held {
            _ = gates?.keeper.hold(held)
        } else if !world.inForce.isEmpty,
            let wait = gates?.keeper.pace(desired.revision, plan, at: clock.moment)
        {
            gates?.paced = wait
        } else {
            gates?.candidate = nil
            gates?.keeper.accepted(plan, desired, at: clock.moment)
            gates?.disturbances += plan.disturbed.map { ($0, clock.now) }
            accept(desired)
        }
    }

    /// Time has passed, or somebody has decided something.
    package mutating func weighAgain() {
        _ = gates?.keeper.lapse(at: clock.moment)
        if let candidate = gates?.candidate { offer(candidate) }
    }

    /// A step of a story that is about gates.
    mutating func decide(_ verb: String, _ words: [String], _ command: String) throws {
        let words = Array(words.dropFirst())
        switch verb {
        case "gates": gates = SimulatedGates(settings: try Self.settings(words))
        case "windows":
            let opensAt = words.last.flatMap(Quantities.duration).map { clock.now + $0 }
            let closed = WindowState.closed(opensAt: opensAt.map { clock.moment.later(to: $0).wall })
            gates?.windows = words.first == "closed" ? closed : .always
        case "approve":
            let plan = gates?.keeper.memory.held?.plan.hash.description ?? ""
            let answer = gates?.keeper.approve(
                words.first == "held" ? plan : words.first ?? "", by: "ann", reason: "it is meant",
                at: clock.moment)
            guard case .approved? = answer else {
                throw Story.Broken(description: "not approved: \(answer.map { "\($0)" } ?? "no gates")")
            }
        case "suspend-host":
            gates?.keeper.suspend(
                reason: "an audit", by: "ann", lasting: words.last.flatMap(Quantities.duration),
                at: clock.moment)
        case "resume-host": _ = gates?.keeper.resume()
        // The branch is set back to what is accepted.
        default: if let accepted { offer(accepted) }
        }
        weighAgain()
    }

    /// `maxRemoved 50 maxRestarted 100 window 10m delay 5m`.
    private static func settings(_ words: [String]) throws -> GateSettings {
        var settings = GateSettings()
        for (name, value) in zip(words, words.dropFirst()) {
            switch name {
            case "maxRemoved": settings.fuse.maxRemoved = Int(value) ?? 0
            case "maxRestarted": settings.fuse.maxRestarted = Int(value) ?? 0
            case "window": settings.fuse.window = Quantities.duration(value) ?? .zero
            case "delay": settings.applyDelay = Quantities.duration(value) ?? .zero
            default: continue
            }
        }
        return settings
    }
}
