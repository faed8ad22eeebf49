import Manifests

extension InstanceMemory.Applied {
    /// Why a run is replaced: every field that differs from what it runs, not only those of the last commit,
    /// because it may have missed several.
    func cause(replacing run: ObservedRun) -> Cause {
        var changes = fieldChanges(from: run.spec, to: desired.spec).filter { $0.effect == .restart }
        if run.nonce != desired.nonce {
            changes.append(
                FieldChange(
                    path: "spec.restartNonce", old: "\"\(run.nonce)\"", new: "\"\(desired.nonce)\"",
                    effect: .restart, place: desired.places["spec.restartNonce"] ?? desired.place))
        }
        if var rollback {
            rollback.changes = changes
            return rollback
        }
        // The comparison at acceptance knew which file moved a reference; two specs alone do not tell.
        for index in changes.indices {
            if let known = startCause.changes.first(where: { $0.path == changes[index].path }) {
                changes[index].place = known.place
            }
        }
        return Cause(
            reason: .changed, changes: changes, place: changes.first?.place ?? desired.place,
            revision: startRevision)
    }

    /// Why a replica has no place in an Instance whose size did not change since it was first seen.
    var causeOfSurplus: Cause {
        let (path, value) =
            if !desired.assigned {
                ("spec.nodes", "other nodes")
            } else if desired.state == .stopped {
                ("spec.desired", "stopped")
            } else {
                ("spec.replicas", "\(desired.replicas)")
            }
        let place = desired.places[path] ?? desired.place
        let change = FieldChange(path: path, old: nil, new: value, effect: .scale, place: place)
        return Cause(reason: .scaled, changes: [change], place: place, revision: scaleRevision)
    }

    /// Why live or reload fields of a run are changed, with all that it missed.
    func cause(updating run: ObservedRun) -> Cause {
        let changes = fieldChanges(from: run.spec, to: desired.spec).filter { $0.effect != .restart }
        if var rollback {
            rollback.changes = changes
            return rollback
        }
        return Cause(
            reason: .changed, changes: changes, place: changes.first?.place ?? desired.place,
            revision: specRevision)
    }
}
