import Manifests

/// An Instance that runs its last known good spec, because the one that is declared failed here.
package struct RolledBack: Sendable, Hashable, Codable {
    /// The spec that failed. Of no meaning once another one is declared.
    package var specHash: SpecHash
    /// The revision that brought it, and what it changed.
    package var revision: Revision
    package var changes: [FieldChange]
    package var failure: RolloutFailure
    package var at: WallTime
    /// The spec that runs instead: one of `lastKnownGood`.
    package var good: SpecHash
    package var goodNonce: String
    package var goodRevision: Revision
    /// What going back changes.
    package var back: [FieldChange]
    /// The nonce that was declared when it failed: another one restarts the good spec.
    package var failedNonce: String
}

/// A spec that failed its rollout on this host, and is not tried again.
package struct Quarantine: Sendable, Hashable, Codable {
    package var specHash: SpecHash
    /// A keyed hash of what it takes from the host (secrets, its user, its command); nil: nothing, or it is
    /// not known. Mending the host makes another one, and lifts it.
    package var inputs: String?
    package var revision: Revision
    package var changes: [FieldChange]
    package var failure: RolloutFailure
    package var at: WallTime
}

/// What is told of a last known good spec beside the spec.
package struct KnownGood: Sendable, Hashable, Codable {
    package var nonce: String
    /// The revision that brought its start hash.
    package var revision: Revision
    package var at: WallTime
}

extension InstanceMemory {
    /// Specs in quarantine that are remembered, the newest first.
    package static let quarantineMax = 8

    /// What the planner works towards: what is declared, or, where that failed here, the last known good
    /// spec. Scale, `desired`, `nodes` and dependencies are always the declared ones.
    package var inForce: Applied? {
        guard let applied, let rolledBack = activeRollback, let good = spec(rolledBack.good) else {
            return applied
        }
        var next = applied
        next.desired.spec = good
        if applied.desired.nonce == rolledBack.failedNonce { next.desired.nonce = rolledBack.goodNonce }
        next.startRevision = rolledBack.goodRevision
        next.rollback = Cause(
            reason: .rolledBack(why: rolledBack.failure.message), changes: rolledBack.back,
            place: rolledBack.changes.first?.place ?? applied.desired.place, revision: rolledBack.revision)
        next.startCause = next.rollback ?? next.startCause
        return next
    }

    /// Set where the declared spec is not the one that is in force.
    package var activeRollback: RolledBack? {
        guard let rolledBack, let applied, rolledBack.specHash == applied.desired.spec.specHash,
            spec(rolledBack.good) != nil
        else { return nil }
        return rolledBack
    }

    /// The rollout of the declared spec, while it is neither proven nor rolled back.
    package var activeRollout: Rollout? {
        guard let rollout, let applied, rollout.specHash == applied.desired.spec.specHash,
            activeRollback == nil
        else { return nil }
        return rollout
    }

    func spec(_ hash: SpecHash) -> InstanceSpec? { lastKnownGood.first { $0.specHash == hash } }

    func isQuarantined(_ hash: SpecHash) -> Bool { quarantine?.contains { $0.specHash == hash } ?? false }

    /// The spec to which a failure of the declared one leads; nil: there is none, and the restart policy
    /// alone decides. What ran before a oneshot is not run again, or a migration would be undone by half.
    package var fallback: InstanceSpec? {
        guard let wanted = applied?.desired.spec, wanted.profile == .keepalive,
            lastKnownGood.first?.specHash != wanted.specHash
        else { return nil }
        return lastKnownGood.first { good in
            good.specHash != wanted.specHash && good.profile == .keepalive && !isQuarantined(good.specHash)
        }
    }

    /// The declared spec has another hash than the one before: it is tried at once, unless it failed here
    /// already.
    mutating func beginRollout(changes: [FieldChange], revision: Revision) {
        guard let wanted = applied?.desired else { return }
        rolledBack = nil
        rollout = nil
        if let known = quarantine?.first(where: { $0.specHash == wanted.spec.specHash }),
            let good = fallback
        {
            rolledBack = makeRollback(
                to: good, failed: known.specHash, known.revision, known.changes, known.failure, at: known.at)
            return
        }
        rollout = Rollout(specHash: wanted.spec.specHash, revision: revision, changes: changes)
    }

    /// The rollout of the declared spec has failed, and the last known good one can be had.
    mutating func rollBack(_ failure: RolloutFailure, to good: InstanceSpec, at: WallTime) {
        guard let wanted = applied?.desired, let failed = rollout else { return }
        let hash = wanted.spec.specHash
        let entry = Quarantine(
            specHash: hash, inputs: failed.inputs, revision: failed.revision, changes: failed.changes,
            failure: failure, at: at)
        let others = (quarantine ?? []).filter { $0.specHash != hash }
        quarantine = Array(([entry] + others).prefix(Self.quarantineMax))
        lastKnownGood.removeAll { $0.specHash == hash }
        rolledBack = makeRollback(to: good, failed: hash, failed.revision, failed.changes, failure, at: at)
        rollout = nil
        // What the failed spec has used up is nothing of the good one's.
        changeEveryMemory { own in
            own.restart.rearm()
            own.wanted = nil
        }
    }

    private func makeRollback(
        to good: InstanceSpec, failed: SpecHash, _ revision: Revision, _ changes: [FieldChange],
        _ failure: RolloutFailure, at: WallTime
    ) -> RolledBack {
        let nonce = applied?.desired.nonce ?? ""
        let facts = goodFacts?[good.specHash.hex]
        return RolledBack(
            specHash: failed, revision: revision, changes: changes, failure: failure, at: at,
            good: good.specHash, goodNonce: facts?.nonce ?? nonce,
            goodRevision: facts?.revision ?? revision,
            back: applied.map { fieldChanges(from: $0.desired.spec, to: good) } ?? [], failedNonce: nonce)
    }

    /// The declared spec is tried once more: somebody asked for it, or the host was mended.
    mutating func tryAgain() {
        guard let wanted = applied?.desired else { return }
        let known = quarantine?.first { $0.specHash == wanted.spec.specHash }
        quarantine?.removeAll { $0.specHash == wanted.spec.specHash }
        if quarantine?.isEmpty == true { quarantine = nil }
        rolledBack = nil
        if let failed = rollout, failed.specHash == wanted.spec.specHash {
            rollout = Rollout(specHash: failed.specHash, revision: failed.revision, changes: failed.changes)
        } else if let known {
            rollout = Rollout(
                specHash: known.specHash, revision: known.revision, changes: known.changes)
        }
    }
}
