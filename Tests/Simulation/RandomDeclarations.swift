import TestKit

/// A source that grows and changes at random, and is valid all the time.
struct RandomDeclarations {
    struct Unit {
        var versions = ["1.0.0"]
        var oneshot = false
        /// A readiness probe; the simulation decides what it says.
        var gated = false
        var startup = false
        var liveness = false
        /// Config by file, with a signal to read it again.
        var reloads = false
        var note = 0
    }

    struct Instance {
        var unit: Int
        var replicas = 1
        var fps = 1
        var stopped = false
        var suspended = false
        var nonce = 0
        var grace = 5
        var policy = "always"
        var maxRetries: Int?
        var strategy = "rolling"
        var maxUnavailable = 1
        var maxSurge = 0
        var elsewhere = false
        var drift = "report"
        var label = 0
        var dependsOn: [(instance: Int, condition: String, required: Bool)] = []
        var file = 0
        var note = 0
    }

    private(set) var units: [Unit] = []
    private(set) var instances: [Int: Instance] = [:]
    private var edits = 0

    static let instancesMax = 6

    init(_ random: inout SeededRandom) {
        for index in 0..<3 {
            var unit = Unit()
            unit.oneshot = index == 2
            unit.gated = index == 1 || index == 0 && random.once(in: 3)
            unit.startup = random.once(in: 4)
            unit.liveness = random.once(in: 3)
            unit.reloads = random.once(in: 3)
            units.append(unit)
        }
        for index in 0..<random.number(1...4) { instances[index] = newInstance(index, &random) }
    }

    private func newInstance(_ index: Int, _ random: inout SeededRandom) -> Instance {
        var new = Instance(unit: random.number(0...2), replicas: random.number(1...3))
        new.suspended = random.once(in: 12)
        setPolicy(of: &new, &random)
        new.drift = random.once(in: 2) ? "heal" : "report"
        let oneshot = units[new.unit].oneshot
        new.policy =
            oneshot ? "on-failure" : random.pick(["always", "always", "on-failure", "never"]) ?? "always"
        new.maxRetries = random.once(in: 4) ? 3 : nil
        new.file = random.number(0...2)
        for other in instances.keys.sorted() where other < index && random.once(in: 3) {
            guard let known = instances[other] else { continue }
            let condition =
                units[known.unit].oneshot ? "completed" : random.pick(["started", "ready"]) ?? "ready"
            new.dependsOn.append((other, condition, !random.once(in: 3)))
        }
        return new
    }

    private func setPolicy(of instance: inout Instance, _ random: inout SeededRandom) {
        let mayOverlap = !units[instance.unit].oneshot
        let strategies = ["recreate", "rolling", "rolling", "canary"] + (mayOverlap ? ["blueGreen"] : [])
        instance.strategy = random.pick(strategies) ?? "rolling"
        instance.maxSurge =
            ["rolling", "canary"].contains(instance.strategy) && mayOverlap ? random.number(0...2) : 0
        instance.maxUnavailable = random.number((instance.maxSurge > 0 ? 0 : 1)...2)
    }

    /// Changes one thing. The result says what, for the trace.
    mutating func change(_ random: inout SeededRandom) -> String {
        edits += 1
        guard let name = random.pick(instances.keys.sorted()) else { return add(&random) }
        switch random.number(0...16) {
        case 16:
            guard var instance = instances[name] else { break }
            setPolicy(of: &instance, &random)
            instances[name] = instance
        case 0, 1: return add(&random)
        case 2:
            instances[name] = nil
            for key in instances.keys { instances[key]?.dependsOn.removeAll { $0.instance == name } }
            return "remove i\(name)"
        case 3, 4: instances[name]?.fps = edits
        case 5: instances[name]?.grace = 1 + edits
        case 6: instances[name]?.replicas = random.number(1...4)
        case 7: instances[name]?.suspended.toggle()
        case 8: instances[name]?.nonce = edits
        case 9: instances[name]?.note = edits
        case 10: instances[name]?.file = random.number(0...2)
        case 11: instances[name]?.label = edits
        case 12: instances[name]?.stopped.toggle()
        case 13: instances[name]?.elsewhere.toggle()
        case 14: units[random.number(0...2)].versions.append("1.\(edits).0")
        default: return changeUnit(&random)
        }
        return "edit i\(name)"
    }

    private mutating func changeUnit(_ random: inout SeededRandom) -> String {
        let unit = random.number(0...2)
        switch random.number(0...3) {
        case 0: units[unit].note = edits
        case 1: units[unit].liveness.toggle()
        case 2 where !units[unit].oneshot: units[unit].gated.toggle()
        default: units[unit].startup.toggle()
        }
        return "edit u\(unit)"
    }

    private mutating func add(_ random: inout SeededRandom) -> String {
        guard let free = (0..<Self.instancesMax).first(where: { instances[$0] == nil }) else {
            return "nothing"
        }
        instances[free] = newInstance(free, &random)
        return "add i\(free)"
    }
}

extension RandomDeclarations {
    /// nil if it is not declared.
    func isSuspended(_ name: String) -> Bool? { Int(name.dropFirst()).flatMap { instances[$0]?.suspended } }

    /// The YAML, spread over files.
    var source: DeclaredSource {
        var files: [String: String] = [:]
        for (index, unit) in units.enumerated() {
            let documents = unit.versions.map { text(unit, index, $0) }
            files["units/u\(index).yaml"] = documents.joined(separator: "---\n")
        }
        for (index, instance) in instances.sorted(by: { $0.key < $1.key }) {
            let path = "instances/f\(instance.file).yaml"
            files[path] = (files[path].map { $0 + "---\n" } ?? "") + text(instance, index)
        }
        return DeclaredSource(files)
    }

    private func text(_ unit: Unit, _ index: Int, _ version: String) -> String {
        var probes: [String] = []
        if unit.startup { probes.append("startup: {exec: {command: [/bin/up]}}") }
        if unit.gated { probes.append("readiness: {tcp: {port: http}}") }
        if unit.liveness { probes.append("liveness: {exec: {command: [/bin/live]}}") }
        return """
            apiVersion: plumb.dev/v1
            kind: Unit
            metadata: {name: u\(index)}  # note \(unit.note)
            spec:
              version: \(version)
              profile: \(unit.oneshot ? "oneshot" : "keepalive")
              entry: {command: /bin/u\(index)}
              endpoints: [{name: http, port: \(8000 + index * 100)+index}]
              config: {fields: [{name: fps, type: int}]\(unit.reloads ? ", apply: {method: file}" : "")}
              health: {\(probes.joined(separator: ", "))}
            \(unit.reloads ? "  reload: {signal: SIGHUP}" : "  env: {}")

            """
    }

    private func text(_ instance: Instance, _ index: Int) -> String {
        let needs = instance.dependsOn.map {
            "{instance: i\($0.instance), condition: \($0.condition), required: \($0.required)}"
        }
        let canary = instance.strategy == "canary" ? ", canary: {replicas: 1, hold: 20s}" : ""
        let retries = instance.maxRetries.map { ", maxRetries: \($0)" } ?? ""
        return """
            apiVersion: plumb.dev/v1
            kind: Instance
            # note \(instance.note)
            metadata: {name: i\(index), labels: {l: "\(instance.label)"}}
            spec:
              unit: u\(instance.unit)@^1
              replicas: \(instance.replicas)
              drift: \(instance.drift)
              desired: \(instance.stopped ? "stopped" : "running")
              suspend: \(instance.suspended)
              restartNonce: "\(instance.nonce)"
              config: {fps: \(instance.fps)}
              nodes: {names: [\(instance.elsewhere ? "edge-2" : "edge-1")]}
              stop: {grace: \(instance.grace)s}
              restart: {policy: \(instance.policy), backoff: {resetAfter: 20s}\(retries)}
              update: {strategy: \(instance.strategy), maxUnavailable: \(instance.maxUnavailable), maxSurge: \(instance.maxSurge)\(canary)}
              dependsOn: [\(needs.joined(separator: ", "))]

            """
    }
}
