import Manifests

/// What a forge is told of a commit: how it stands on this host.
package struct CommitReport: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case pending, success, failure
    }
    package var revision: Revision
    package var state: State
    /// One word, CamelCase.
    package var reason: String
    /// One line in plain words.
    package var message: String
    /// It is a failure only if it lasts: a program that starts is often not well at first.
    package var isPassing: Bool
    /// Nothing but time is missing: when to look again.
    package var lookAgain: Duration?

    package init(
        revision: Revision, state: State, reason: String, message: String, isPassing: Bool = false
    ) {
        self.revision = revision
        self.state = state
        self.reason = reason
        self.message = message
        self.isPassing = isPassing
    }
}

extension AgentState {
    /// How the commit that the ref names now stands here; nil while nothing can be said.
    package func commitReport() -> CommitReport? {
        guard isReady, let seen = source.seen else { return nil }
        func report(
            _ state: CommitReport.State, _ reason: String, _ message: String, passing: Bool = false
        ) -> CommitReport {
            CommitReport(
                revision: seen, state: state, reason: reason, message: message, isPassing: passing)
        }
        if seen.id != source.accepted?.id {
            if let condition = refusal(of: seen.id) {
                return report(.failure, condition.type.rawValue, condition.message)
            }
            if let condition = holdup() {
                return report(.pending, condition.type.rawValue, condition.message)
            }
            if let synced = conditions.first(where: { $0.type == .synced }), synced.reason == "Paced" {
                return report(.pending, synced.reason, synced.message)
            }
            return report(.pending, "Reading", "it is being read")
        }
        // What went back to an earlier state is well, and still it is no success.
        if let back = holding(Self.rollbacks) {
            return report(.failure, back.type.rawValue, back.message)
        }
        let statuses = instanceStatuses()
        let unwell = statuses.filter {
            $0.replicas.contains { $0.health == .failed || $0.health == .unhealthy }
        }
        if let first = unwell.first {
            let gaveUp = unwell.contains { $0.replicas.contains { $0.health == .failed } }
            let more = unwell.count > 1 ? " (and \(unwell.count - 1) more Instances)" : ""
            let why = first.replicas.first { $0.health == .failed || $0.health == .unhealthy }?.reason ?? ""
            return report(
                .failure, gaveUp ? "Failed" : "Unhealthy", "\(first.name): \(why)\(more)", passing: !gaveUp)
        }
        if let failed = failedRollout(statuses) {
            return report(.failure, "RolloutFailed", failed)
        }
        let settled = statuses.count { $0.synced && $0.health == .healthy }
        guard settled == statuses.count else {
            return report(.pending, "Progressing", "\(settled) of \(statuses.count) Instances are there")
        }
        let early = statuses.compactMap { unproven($0) }
        if let last = early.max() {
            var pending = report(
                .pending, "Proving",
                "\(early.count) of \(statuses.count) Instances are well, and not yet for their minHealthyTime"
            )
            pending.lookAgain = max(last - now, .zero)
            return pending
        }
        return report(
            .success, "Synced", "\(statuses.count) of \(statuses.count) Instances are there and well")
    }

    /// What failed, where nothing leads back, is no success however well it is between two exits.
    private func failedRollout(_ statuses: [InstanceStatus]) -> String? {
        let failed = statuses.compactMap { status in
            memory.instances[status.name]?.activeRollout?.failure.map { "\(status.name): \($0.message)" }
        }
        let more = failed.count > 1 ? " (and \(failed.count - 1) more Instances)" : ""
        return failed.min().map { $0 + more }
    }

    /// When the last of its replicas will have been well for `minHealthyTime`; nil: they have.
    private func unproven(_ status: InstanceStatus) -> Instant? {
        status.replicas.compactMap { replica in
            guard let run = replica.run, run.spec.profile == .keepalive,
                let proven = run.proven(after: run.spec.update.minHealthyTime), proven > now
            else { return nil }
            return proven
        }.max()
    }

    private func refusal(of revision: RevisionID) -> Condition? {
        conditions.first {
            $0.status && $0.observedRevision == revision && ($0.type == .rejected || $0.type == .invalid)
        }
    }

    /// Why what was seen is not in force although nothing is wrong with it.
    private func holdup() -> Condition? { holding(["SourceRewound", "Held", "TrustUnavailable"]) }

    private static let rollbacks: Set<String> = ["RolledBack", "RollbackImpossible"]

    private func holding(_ types: Set<String>) -> Condition? {
        conditions.first { $0.status && types.contains($0.type.rawValue) }
    }
}
