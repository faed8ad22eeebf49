import Manifests
import Reconciler
import TestKit

/// What must hold of rollbacks in every world.
enum Rollbacks {
    static func good(_ instance: String, _ host: SimulatedHost) -> SpecHash? {
        host.world.memory.instances[instance]?.activeRollback?.good
    }

    static func nonce(_ instance: String, _ host: SimulatedHost) -> String? {
        host.world.memory.instances[instance]?.inForce?.desired.nonce
    }

    /// What takes the place of a failed spec has proved itself once, is no oneshot, and is another spec.
    static func checkStart(
        _ start: StartAction, _ declared: DesiredInstance, _ host: SimulatedHost
    ) throws {
        let remembered = host.world.memory.instances[start.slot.instance]
        let known = remembered?.lastKnownGood.map(\.specHash) ?? []
        guard known.contains(start.spec.specHash) else {
            throw Invariants.Broken(description: "\(start.slot) goes back to what never proved itself")
        }
        if start.spec.profile == .oneshot || declared.spec.profile == .oneshot {
            throw Invariants.Broken(description: "\(start.slot): a oneshot is rolled back")
        }
        if start.spec.specHash == declared.spec.specHash {
            throw Invariants.Broken(description: "\(start.slot) starts the spec that failed")
        }
        if remembered?.quarantine?.contains(where: { $0.specHash == start.spec.specHash }) == true {
            throw Invariants.Broken(description: "\(start.slot) starts a spec in quarantine")
        }
    }

    /// The spec in force cannot begin, and the replica goes on with what it was, which had proved itself.
    static func isStandIn(
        _ start: StartAction, _ declared: DesiredInstance, _ host: SimulatedHost
    ) -> Bool {
        let remembered = host.world.memory.instances[start.slot.instance]
        let last = remembered?.replicas[start.slot.replica.index]?.lastKey
        let isKnown = remembered?.lastKnownGood.contains { $0.specHash == start.spec.specHash } ?? false
        let key = RunKey(start: start.spec.startHash, nonce: start.nonce)
        // One that is new begins as what the others are while canaries are held.
        guard isKnown, last == key || last == nil, key != declared.key else { return false }
        return remembered?.activeRollout != nil && start.spec.profile == .keepalive
    }

    /// No spec is in quarantine and last known good at once, and lists stay within their bounds.
    static func checkMemory(_ host: SimulatedHost) throws {
        for (name, remembered) in host.world.memory.instances {
            let good = Set(remembered.lastKnownGood.map(\.specHash))
            let failed = Set((remembered.quarantine ?? []).map(\.specHash))
            guard good.isDisjoint(with: failed) else {
                throw Invariants.Broken(description: "\(name): a spec is both good and in quarantine")
            }
            guard good.count <= InstanceMemory.lastKnownGoodMax, failed.count <= InstanceMemory.quarantineMax
            else { throw Invariants.Broken(description: "\(name) remembers too much") }
        }
    }

    /// A spec that never becomes ready: every fourth frame rate, where a probe asks.
    static func isBad(_ spec: InstanceSpec) -> Bool {
        let fps = spec.fields.first { $0.path == "spec.config.fps" }.flatMap { Int($0.value) }
        return spec.health.readiness != nil && spec.profile == .keepalive && (fps ?? 1) % 4 == 0
    }
}
