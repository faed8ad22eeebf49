import Manifests

/// Which of the six values a health is, where more than the phase decides it. The whole table stands in
/// `docs/operating/probes.md`.
enum HealthRules {
    /// A replica that runs and is ready, or needs not be. Findings are no part of it: whether it is what was
    /// declared is another question than whether it is well.
    static func serving(
        _ run: ObservedRun, _ memory: ReplicaMemory?, at now: Instant
    ) -> (HealthStatus, reason: String) {
        if let (kind, detail) = run.faltering?.min(by: { $0.key < $1.key }) {
            return (.degraded, "the \(kind) probe fails, not yet often enough to count: \(detail)")
        }
        return afterCrash(run, memory, at: now) ?? (.healthy, "")
    }

    /// A crash is forgotten once the run after it was ready for `backoff.resetAfter`, as the backoff forgets
    /// it. One is on its way to be; the second in a row is a pattern.
    private static func afterCrash(
        _ run: ObservedRun, _ memory: ReplicaMemory?, at now: Instant
    ) -> (HealthStatus, String)? {
        guard run.spec.profile == .keepalive, let memory, memory.restart.failures > 0,
            let exit = memory.lastExit
        else { return nil }
        let left = run.spec.restart.backoff.resetAfter - run.healthyFor(at: now)
        guard left > .zero else { return nil }
        let failures = memory.restart.failures
        if failures == 1 {
            return (
                .recovering, "its last run ended: \(exit.text); healthy in \(left.rough) if it stays ready"
            )
        }
        return (
            .degraded,
            "\(failures) failures in a row, the last: \(exit.text); healthy in \(left.rough) "
                + "if it stays ready"
        )
    }

    /// An Instance, of its replicas. One that serves with fewer than it should is degraded, whatever became
    /// of the others; while all is only on its way it is recovering; what is unknown stays unknown.
    static func instance(_ replicas: [(health: HealthStatus, ready: Bool)]) -> HealthStatus {
        let worst = replicas.map(\.health).max { $0.severity < $1.severity } ?? .healthy
        guard replicas.contains(where: \.ready), worst != .unknown else { return worst }
        if replicas.contains(where: { $0.health == .unknown }) { return .unknown }
        return worst.severity > HealthStatus.degraded.severity ? .degraded : worst
    }
}
