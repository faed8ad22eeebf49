import Manifests

extension ObservedRun {
    /// Plumb stopped it for a reason other than a failed probe.
    var wasAskedToEnd: Bool {
        guard let stopCause else { return false }
        if case .probeFailed = stopCause.reason { return false }
        return true
    }

    /// Ready: it runs, and every probe that gates it has passed. A run without probes is ready once it runs;
    /// a oneshot only when it has ended well, and then it runs no more.
    mutating func updateReadiness(at now: Instant) {
        let started = spec.health.startup == nil || startup == true
        let serving = spec.health.readiness == nil || readiness == true
        let ready = phase == .running && spec.profile == .keepalive && started && serving
        if ready {
            readySince = readySince ?? now
        } else {
            longestReady = healthyFor(at: now)
            readySince = nil
        }
    }

    /// The longest that it was ready without a break, up to now.
    func healthyFor(at now: Instant) -> Duration {
        max(longestReady, readySince.map { now - $0 } ?? .zero)
    }

    /// Probes were changed while it runs: what was said of the old ones does not count against the new.
    mutating func forgetVerdicts(of before: Health) {
        let after = spec.health
        // It has started, whatever a probe that comes later would have asked for.
        if before.startup != after.startup { startup = isReady ? true : nil }
        if before.liveness != after.liveness { livenessFailed = false }
        if before.readiness != after.readiness && readiness == false || after.readiness == nil {
            readiness = nil
        }
    }

    /// How it ended, as the restart policy looks at it.
    func ended(_ exit: ExitReport, at now: Instant) -> EndedRun {
        let probeFailed = if case .probeFailed = stopCause?.reason { true } else { false }
        return EndedRun(
            key: key, profile: spec.profile, policy: spec.restart, exit: exit, probeFailed: probeFailed,
            healthyFor: healthyFor(at: now))
    }
}
