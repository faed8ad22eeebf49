import Manifests
import Reconciler

/// What ought to be in force, worked out from the accepted revisions alone: the yardstick for the planner.
struct Expectation {
    struct Entry {
        var desired: DesiredInstance
        var suspended: Bool
        /// The revision that last changed what runs; nothing may be done in the name of another.
        var touchedBy: Set<RevisionID>
    }
    private(set) var entries: [String: Entry] = [:]
    private(set) var accepted: Set<RevisionID> = []

    mutating func accept(_ desired: Desired) {
        accepted.insert(desired.revision.id)
        if lost {
            for index in 0..<RandomDeclarations.instancesMax where desired.instances["i\(index)"] == nil {
                removedBy["i\(index)", default: []].insert(desired.revision.id)
            }
            lost = false
        }
        for (name, new) in desired.instances {
            guard let old = entries[name] else {
                if new.suspend {
                    kept.insert(name)
                } else {
                    entries[name] = Entry(desired: new, suspended: false, touchedBy: [desired.revision.id])
                }
                continue
            }
            if new.suspend {
                entries[name]?.suspended = true
                continue
            }
            entries[name]?.desired = new
            entries[name]?.suspended = false
            if old.desired.key != new.key || old.desired.spec.specHash != new.spec.specHash
                || old.desired.target != new.target
            {
                entries[name]?.touchedBy.insert(desired.revision.id)
            }
        }
        for name in kept where desired.instances[name] == nil {
            kept.remove(name)
            removedBy[name, default: []].insert(desired.revision.id)
        }
        for name in entries.keys where desired.instances[name] == nil && entries[name]?.suspended == false {
            entries[name] = nil
            removedBy[name, default: []].insert(desired.revision.id)
        }
    }

    /// Nothing is remembered any more; what runs is declared or withdrawn by the next revision.
    mutating func forget() {
        entries = [:]
        lost = true
    }

    private var lost = false
    /// Suspended since nothing was remembered: what runs of them was found, and goes with their declaration.
    private var kept: Set<String> = []
    private(set) var removedBy: [String: Set<RevisionID>] = [:]

    /// Revisions in whose name something may be done to an Instance.
    func mayTouch(_ name: String) -> Set<RevisionID> {
        (entries[name]?.touchedBy ?? []).union(removedBy[name] ?? [])
    }

    func isWanted(_ slot: SlotID) -> Bool {
        (entries[slot.instance]?.desired.target ?? 0) > slot.replica.index
    }
}
