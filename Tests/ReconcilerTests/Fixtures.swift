import Manifests
import Reconciler
import TestKit

/// Declarations of one Unit and one Instance, with room for what a test is about.
enum Declared {
    static func unit(_ name: String = "web", version: String = "1.0.0", _ spec: String = "") -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: \(name)}
        spec:
          version: \(version)
          entry: {command: /bin/\(name)}
        \(indented(spec))
        """
    }

    static func instance(_ name: String = "web", of unit: String = "web@^1", _ spec: String = "") -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Instance
        metadata: {name: \(name)}
        spec:
          unit: \(unit)
        \(indented(spec))
        """
    }

    /// A source of one file for each text.
    static func source(_ texts: String...) -> DeclaredSource {
        var files: [String: String] = [:]
        for (index, text) in texts.enumerated() { files["f\(index).yaml"] = text + "\n" }
        return DeclaredSource(files)
    }

    /// What one Instance of one Unit resolves to.
    static func desired(
        unit: String = "", instance: String = "", revision: Int = 1
    ) throws -> DesiredInstance {
        let source = source(Self.unit("web", unit), Self.instance("web", of: "web@^1", instance))
        let desired = try source.desired(revision: .numbered(revision))
        guard let found = desired.instances["web"] else { throw NotThere() }
        return found
    }

    struct NotThere: Error {}

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }
}

extension SimulatedHost {
    /// A host on which a source runs well for ten minutes.
    static func running(_ source: DeclaredSource) throws -> SimulatedHost {
        var host = SimulatedHost()
        try host.commit(source)
        try host.settle()
        host.passProbes()
        try host.advance(by: .seconds(600))
        _ = host.takeEvents()
        return host
    }

    /// Every gate of every live run opens.
    mutating func passProbes() {
        for process in processes.values.sorted(by: { $0.slot < $1.slot }) where process.isLive {
            let health = process.memo.spec.health
            if health.startup != nil { probe(process.run, .startup, passing: true) }
            if health.readiness != nil { probe(process.run, .readiness, passing: true) }
        }
    }

    func run(_ instance: String, _ index: Int = 0) -> ObservedRun? {
        world.observed.runs[SlotID(instance: instance, index: index)]
    }

    /// Ends a live run of a replica.
    mutating func crash(_ instance: String, _ index: Int = 0, _ cause: ExitReport.Cause = .exited(code: 1)) {
        if let process = process(of: SlotID(instance: instance, index: index)) { end(process.run, cause) }
    }

    func memory(_ instance: String, _ index: Int = 0) -> ReplicaMemory? {
        world.memory.instances[instance]?.replicas[index]
    }
}

extension Plan {
    var starts: [StartAction] { actions.compactMap { if case .start(let start) = $0 { start } else { nil } } }
    var stops: [StopAction] { actions.compactMap { if case .stop(let stop) = $0 { stop } else { nil } } }
    var updates: [UpdateAction] {
        actions.compactMap { if case .update(let update) = $0 { update } else { nil } }
    }
    func waits(_ instance: String, _ index: Int = 0) -> [Waiting.Reason] {
        waiting.filter { $0.replica == ReplicaID(instance: instance, index: index) }.map(\.reason)
    }
}

extension ExitReport {
    static func code(_ code: Int32) -> ExitReport {
        ExitReport(cause: .exited(code: code), endedWall: WallTime(nanoseconds: 0))
    }
    static func cause(_ cause: Cause) -> ExitReport {
        ExitReport(cause: cause, endedWall: WallTime(nanoseconds: 0))
    }
}
