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
            // While nobody looked it did not end, and nobody saw it fail.
            readySince = readySince ?? readyBefore ?? now
            readyBefore = nil
        } else {
            if startup == false || readiness == false { readyBefore = nil }
            longestReady = healthyFor(at: now)
            readySince = nil
        }
    }

    /// A probe has to pass before it counts as ready.
    var isGated: Bool { spec.health.startup != nil || spec.health.readiness != nil }

    /// It ended while nobody looked: it was ready until then, if it was when somebody looked last. Where its
    /// end was not seen either, that proves nothing.
    mutating func recallReadiness(until exit: ExitReport) {
        guard spec.profile == .keepalive, let end = exit.endedAt else { return }
        if let since = isGated ? readyBefore : exit.startedAt, since < end {
            longestReady = max(longestReady, end - since)
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

    /// A probe that was changed has not answered yet: until it has, the run goes on as what it was, and is
    /// not proven to be well as what it is now.
    mutating func expectVerdicts(after before: Health) {
        var kinds = unanswered ?? []
        if before.readiness != spec.health.readiness { kinds.insert(.readiness) }
        if before.liveness != spec.health.liveness { kinds.insert(.liveness) }
        if spec.health.readiness == nil { kinds.remove(.readiness) }
        // Heartbeats are listened for: silence is told at its time, and nothing before.
        if spec.health.liveness?.isHeartbeat ?? true { kinds.remove(.liveness) }
        unanswered = kinds.isEmpty ? nil : kinds
    }

    mutating func answered(_ kind: ProbeKind) {
        unanswered?.remove(kind)
        if unanswered?.isEmpty == true { unanswered = nil }
    }

    /// How it ended, as the restart policy looks at it.
    func ended(_ exit: ExitReport, at now: Instant) -> EndedRun {
        let probeFailed = if case .probeFailed = stopCause?.reason { true } else { false }
        return EndedRun(
            key: key, profile: spec.profile, policy: spec.restart, exit: exit, probeFailed: probeFailed,
            healthyFor: healthyFor(at: now))
    }
}

extension Probe {
    fileprivate var isHeartbeat: Bool { if case .heartbeat = check { true } else { false } }
}
