import Manifests
import Reconciler
import TestKit
import Testing

/// The diff and the planner are one: what is done for a revision is what was said of it before.
struct AgreementTests {
    @Test("performing a plan touches exactly the replicas that the summary named", arguments: 1...60)
    func agreement(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var shop = RandomShop(&random)
        var host = try SimulatedHost.running(shop.source)
        for step in 0..<6 {
            shop.change(&random)
            let candidate = try host.candidate(shop.source)
            let summary = ChangeSummary(world: host.world, candidate: candidate, at: host.clock.moment)
            host.accept(candidate)
            var done: Set<String> = []
            // Long enough for every rollout: four replicas, one at a time.
            try host.advance(by: .seconds(120)) { plan, host in
                for start in plan.starts { done.insert("\(start.slot)") }
                for stop in plan.stops { done.insert("\(stop.slot)") }
                for update in plan.updates { done.insert("\(update.slot)") }
            }
            let said = summary.rows.flatMap { row in row.indices.map { "\(row.instance)/\($0)" } }
            #expect(Set(said) == done, "seed \(seed), step \(step)")
            #expect(said.count == Set(said).count, "seed \(seed), step \(step)")
        }
    }
}

/// Instances without probes or oneshots, so that everything comes to rest by itself.
struct RandomShop {
    private var specs: [Int: [String: String]] = [:]
    private var version = 0

    init(_ random: inout SeededRandom) {
        for index in 0..<4 { specs[index] = ["replicas": "\(random.number(1...4))"] }
    }

    mutating func change(_ random: inout SeededRandom) {
        for _ in 0..<random.number(1...4) {
            let index = random.number(0...5)
            switch random.number(0...8) {
            case 0: specs[index] = specs[index] == nil ? ["replicas": "\(random.number(1...4))"] : nil
            case 1: specs[index]?["replicas"] = "\(random.number(1...4))"
            case 2, 3: specs[index]?["config"] = "{fps: \(random.number(1...9))}"
            case 4: specs[index]?["stop"] = "{grace: \(random.number(1...9))s}"
            case 5: specs[index]?["restartNonce"] = "\"\(random.number(0...2))\""
            case 6: specs[index]?["desired"] = random.once(in: 2) ? "stopped" : "running"
            case 7: specs[index]?["suspend"] = random.once(in: 2) ? "true" : "false"
            default: version = random.number(0...3)
            }
        }
    }

    var source: DeclaredSource {
        var files = [
            "u.yaml": Declared.unit(
                "web", version: "1.\(version).0", "config: {fields: [{name: fps, type: int, default: 1}]}")
                + "\n"
        ]
        for (index, spec) in specs {
            let lines = spec.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            let text = Declared.instance("i\(index)", of: "web@^1", lines.joined(separator: "\n"))
            files["i\(index).yaml"] = text + "\n"
        }
        return DeclaredSource(files)
    }
}
