import Manifests

/// What is done about a run that is stale or drifted, where `drift: heal` asks for it.
///
/// A file that goes on being changed is waited for, and a cure that does not help is not repeated for ever.
struct DriftHealing {
    /// How long what was found must stay as it is before a process is restarted for it; doubled with each
    /// cure in a row.
    static let settleTime = Duration.seconds(5)
    /// Cures in a row, each found wanting within `resetAfter`, after which it is left as it is.
    static let curesMax = 3

    /// nil: there is nothing to heal.
    static func need(
        _ run: ObservedRun, _ own: ReplicaMemory?, _ applied: InstanceMemory.Applied, at now: Instant
    ) -> ReplicaNeed? {
        // A oneshot that begins anew does its work twice: that is for people to decide.
        let isOneshot = run.spec.profile == .oneshot
        let curable = run.findings.first { $0.cure == .writeLimits || $0.cure == .restart && !isOneshot }
        guard applied.desired.spec.drift == .heal, let finding = curable, let cure = finding.cure else {
            return nil
        }
        let since = run.driftedSince ?? now
        let cures = own?.heal?.inARow(before: since, within: run.spec.restart.backoff.resetAfter) ?? 0
        guard cures < curesMax else {
            let detail = "\(finding.reason) again after \(cures) cures in a row: \(finding.message)"
            return .wait(.drift(detail: detail, held: true), until: nil)
        }
        let seen = run.driftChanged ?? since
        // A change that was applied meanwhile may have put it right: that is seen first.
        let isJustChanged = run.changedAt.map { $0 >= seen } ?? false
        let due = seen + pause(cure, after: cures, isJustChanged)
        guard due <= now else { return .wait(.drift(detail: finding.message, held: false), until: due) }
        let cause = Cause(
            reason: .drifted(detail: finding.message),
            place: applied.desired.places["spec.drift"] ?? applied.desired.place)
        switch cure {
        case .writeLimits: return .update(run, reload: false, cause)
        case .restart: return .replace(run, cause)
        }
    }

    private static func pause(
        _ cure: RunFinding.Cure, after cures: Int, _ isJustChanged: Bool
    ) -> Duration {
        if cure == .writeLimits && cures == 0 && !isJustChanged { return .zero }
        return settleTime.scaled(by: Double(1 << cures))
    }
}

extension HealState {
    /// The cures that count against another one: none where the last one helped for a while.
    func inARow(before found: Instant, within helped: Duration) -> Int {
        found - at >= helped ? 0 : count
    }
}

extension Cause {
    /// What runs is put right, as the same spec.
    var isCure: Bool { if case .drifted = reason { true } else { false } }

    /// Somebody asked for another try, or the host was mended.
    var isRetry: Bool { if case .retried = reason { true } else { false } }
    /// A Schedule asks for a restart of what runs as it should.
    var isScheduled: Bool { if case .scheduled = reason { true } else { false } }

    /// A run is stopped for it in order that the next one takes its place.
    var isReplacement: Bool {
        switch reason {
        case .changed, .drifted, .rolledBack, .retried: true
        default: false
        }
    }
}
