import Manifests

/// What a candidate would take away from a node or restart on it, from the accepted snapshot to the
/// candidate: all that a gate decides by. Starts, live changes, fewer replicas and `desired: stopped` are
/// intent.
package struct GatedPlan: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable { case remove, restart }

    package struct Action: Sendable, Hashable, Codable {
        package var kind: Kind
        package var instance: String
        package var from: SpecHash
        /// nil for a removal.
        package var to: SpecHash?
        /// Replicas that the accepted snapshot assigns to this node.
        package var replicas: Int
    }

    package var node: String
    /// Sorted by instance.
    package var actions: [Action]
    package var hash: PlanHash
    /// Replicas that the accepted snapshot assigns to this node, and how many the candidate does.
    package var assigned: Int
    package var remaining: Int
    /// Nothing that concerns this node differs, be it gated or not.
    package var changesNothing: Bool
    /// Instances of which something that may run is stopped, restarted or changed live. Never stored: it is
    /// of weight only when the plan is new.
    package var disturbed: [String] = []

    private enum CodingKeys: CodingKey { case node, actions, hash, assigned, remaining, changesNothing }

    package func replicas(_ kind: Kind) -> Int {
        actions.reduce(0) { $0 + ($1.kind == kind ? $1.replicas : 0) }
    }

    /// - Parameter old: what is in force; see `World.inForce`.
    package init(from old: [String: DesiredInstance], to candidate: Desired) {
        node = candidate.node.name
        actions = []
        assigned = 0
        remaining = 0
        changesNothing = true
        var (gated, known) = ([(action: Action, line: String)](), 0)
        for (name, before) in old {
            assigned += before.target
            let after = candidate.instances[name]
            known += after == nil ? 0 : 1
            remaining += after?.target ?? 0
            if before == after && !before.suspend { continue }
            if changesNothing && !(after?.isHere(as: before) ?? false) { changesNothing = false }
            if before.isDisturbed(by: after) { disturbed.append(name) }
            if let found = Self.gated(name, before, after) { gated.append(found) }
        }
        if known < candidate.instances.count {
            for (name, new) in candidate.instances where old[name] == nil {
                remaining += new.target
                if !new.isHere(as: nil) { changesNothing = false }
            }
        }
        gated.sort { $0.action.instance < $1.action.instance }
        disturbed.sort()
        var hash = SHA256()
        hash.updateFramed(node)
        for (action, line) in gated {
            actions.append(action)
            hash.updateFramed(action.instance)
            hash.updateFramed(line)
        }
        self.hash = PlanHash(digest: hash.finish())
    }

    /// The removal or restart, and words that say from what to what; nil for whatever needs no gate.
    private static func gated(
        _ name: String, _ before: DesiredInstance, _ after: DesiredInstance?
    ) -> (Action, String)? {
        guard before.target > 0 else { return nil }
        let (old, count) = (before.spec.specHash, before.target)
        guard let after, after.assigned else {
            // What is suspended or protected is not removed with its declaration.
            if before.suspend || after == nil && before.prune == .protect { return nil }
            return (
                Action(kind: .remove, instance: name, from: old, to: nil, replicas: count),
                "remove \(old.hex)"
            )
        }
        guard after.target > 0, !after.suspend else { return nil }
        // What a suspended Instance runs may be older than what was accepted of it: lifting may restart it.
        guard before.key != after.key || before.suspend else { return nil }
        let new = after.spec.specHash
        return (
            Action(
                kind: .restart, instance: name, from: old, to: new, replicas: min(count, after.target)),
            "restart \(old.hex) \(new.hex) \(after.nonce)"
        )
    }
}

extension DesiredInstance {
    /// A change of it to the other one touches processes that may run.
    fileprivate func isDisturbed(by after: DesiredInstance?) -> Bool {
        guard target > 0 else { return false }
        guard let after, after.assigned else { return !suspend && prune != .protect }
        if after.suspend { return false }
        return after.target < target || after.spec.specHash != spec.specHash || after.nonce != nonce
    }

    /// It is to run here as it did, or not at all as before.
    fileprivate func isHere(as old: DesiredInstance?) -> Bool {
        guard let old else { return !assigned }
        guard assigned || old.assigned else { return true }
        return spec.specHash == old.spec.specHash && target == old.target && nonce == old.nonce
            && suspend == old.suspend && prune == old.prune && dependsOn == old.dependsOn
            && replicas == old.replicas && assigned == old.assigned
    }
}

extension World {
    /// What was accepted for this node, as well as that is known: the accepted snapshot; where that cannot be
    /// read, what is remembered of each Instance; where the memory is lost, what runs.
    package var inForce: [String: DesiredInstance] {
        if let desired { return desired.instances }
        var known = memory.instances.compactMapValues { $0.applied?.desired }
        for (slot, run) in observed.runs where memory.instances[slot.instance]?.applied == nil {
            let count = max(known[slot.instance]?.replicas ?? 0, slot.replica.index + 1)
            known[slot.instance] = DesiredInstance(
                spec: run.spec, replicas: count, state: .running, assigned: true, suspend: false,
                nonce: run.nonce, dependsOn: run.dependsOn, labels: [:], places: [:],
                reference: run.spec.unit, unitPlace: Location(file: "", line: 1, column: 1))
        }
        return known
    }
}
