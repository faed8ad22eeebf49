import Manifests
import Reconciler
import TestKit

/// What must hold where runs of one replica live side by side.
enum Surges {
    /// Nothing begins beside another run beyond what the policy allows, and no two runs open the same port.
    static func check(_ plan: Plan, _ host: SimulatedHost) throws {
        var begins: [String: Int] = [:]
        var besides: Set<String> = []
        var ports = Ports()
        for run in host.world.observed.runs.values {
            try ports.take(run.spec, run.slot)
            begins[run.slot.instance, default: 0] += 1
        }
        for action in plan.actions {
            guard case .start(let start) = action else { continue }
            try ports.take(start.spec, start.slot)
            begins[start.slot.instance, default: 0] += 1
            if !host.isOwn(start.slot) { besides.insert(start.slot.instance) }
        }
        for name in besides {
            guard let desired = host.world.memory.instances[name]?.inForce?.desired else {
                throw Invariants.Broken(description: "\(name): a run begins beside one that nobody declares")
            }
            let policy = desired.spec.update
            let leaving = host.world.observed.runs.keys.count {
                $0.instance == name && $0.replica.index >= desired.target
            }
            let most = policy.runsMax(desired.target) + (policy.isBlueGreen ? leaving : 0)
            guard begins[name, default: 0] <= most else {
                throw Invariants.Broken(
                    description: "\(name) has \(begins[name] ?? 0) runs of at most \(most)")
            }
        }
    }

    /// What has had its replica's place goes once another run has it, with blue-green once all have.
    static func checkStop(_ stop: StopAction, _ host: SimulatedHost) throws {
        guard let remembered = host.world.memory.instances[stop.slot.instance],
            remembered.successor(stop.slot.replica.index) == nil, let desired = remembered.inForce?.desired,
            let run = host.world.run(stop.run), run.isServing, run.key != desired.key
        else { return }
        let indices =
            desired.spec.update.isBlueGreen ? Array(0..<desired.target) : [stop.slot.replica.index]
        for index in indices where remembered.replicas[index]?.completed != desired.key {
            let own = host.ownRun(ReplicaID(instance: desired.name, index: index))
            guard own?.key == desired.key else {
                throw Invariants.Broken(description: "\(stop.slot) goes, and nothing has taken its place")
            }
        }
    }

    /// Ports that runs open by themselves.
    private struct Ports {
        private var taken: [String: SlotID] = [:]

        mutating func take(_ spec: InstanceSpec, _ slot: SlotID) throws {
            for endpoint in spec.process.endpoints where endpoint.isOfRun {
                guard let port = endpoint.port(index: slot.replica.index) else { continue }
                // Units are shared by Instances here: only those of one are kept apart.
                let key = "\(slot.instance) \(port)"
                if let other = taken[key] {
                    throw Invariants.Broken(description: "\(slot) and \(other) both have port \(port)")
                }
                taken[key] = slot
            }
        }
    }
}

extension SimulatedHost {
    /// The run that has a replica's place.
    func ownRun(_ replica: ReplicaID) -> ObservedRun? { world.observed.runs[world.slot(of: replica)] }

    func isOwn(_ slot: SlotID) -> Bool { world.slot(of: slot.replica) == slot }
}
