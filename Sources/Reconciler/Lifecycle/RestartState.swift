package import Manifests

/// The restart decisions for one replica: how often it failed in a row, and until when it waits.
package struct RestartState: Sendable, Hashable, Codable {
    /// Failed runs in a row; 0 after a long enough healthy run, a new spec or a new nonce.
    package var failures: Int
    package var backoffUntil: Instant?
    package var gaveUp: GaveUp?

    package init(failures: Int = 0, backoffUntil: Instant? = nil, gaveUp: GaveUp? = nil) {
        self.failures = failures
        self.backoffUntil = backoffUntil
        self.gaveUp = gaveUp
    }
}

/// A replica that is not started again until its spec or its nonce changes.
package struct GaveUp: Sendable, Hashable, Codable {
    package var key: RunKey
    /// `restart.policy is never`, `5 of 5 retries failed`.
    package var reason: String

    package init(key: RunKey, reason: String) {
        self.key = key
        self.reason = reason
    }
}

/// What an exit that nobody asked for leads to.
package enum ExitResponse: Sendable, Hashable {
    /// It ended as it was meant to, and is not started again.
    case completed
    case restart(at: Instant)
    case giveUp(reason: String)
}

/// One run's end, as the restart policy looks at it.
package struct EndedRun: Sendable {
    package var key: RunKey
    package var profile: Profile
    package var policy: RestartPolicy
    package var exit: ExitReport
    /// A probe gave it up: a failure, whatever its exit code.
    package var probeFailed: Bool
    /// The longest it was ready without a break; zero if it never was.
    package var healthyFor: Duration

    package init(
        key: RunKey, profile: Profile, policy: RestartPolicy, exit: ExitReport, probeFailed: Bool = false,
        healthyFor: Duration = .zero
    ) {
        self.key = key
        self.profile = profile
        self.policy = policy
        self.exit = exit
        self.probeFailed = probeFailed
        self.healthyFor = healthyFor
    }

    var succeeded: Bool { exit.isSuccess && !probeFailed }
}

extension RestartState {
    /// The largest number of doublings that is computed; the cap has been reached long before.
    static let exponentMax = 64

    /// Decides what follows an exit that nobody asked for. `randomness` is 0…1 and spreads the delay.
    package mutating func exited(_ run: EndedRun, at now: Instant, randomness: Double) -> ExitResponse {
        backoffUntil = nil
        if run.exit.cause == .rebooted {
            failures = 0
            return .restart(at: now)
        }
        if run.succeeded && (run.profile == .oneshot || run.policy.policy != .always) {
            self = RestartState()
            return .completed
        }
        if run.policy.policy == .never {
            return giveUp(run.key, "restart.policy is never")
        }
        if run.healthyFor >= run.policy.backoff.resetAfter { failures = 0 }
        if let limit = run.policy.maxRetries, failures >= limit {
            return giveUp(run.key, "\(failures) of \(limit) retries failed")
        }
        failures += 1
        let delay = delay(after: run, randomness: randomness)
        let until = now + delay
        backoffUntil = delay == .zero ? nil : until
        return .restart(at: until)
    }

    /// A new spec or a new nonce: what failed before says nothing of it.
    package mutating func rearm() {
        self = RestartState()
    }

    private mutating func giveUp(_ key: RunKey, _ reason: String) -> ExitResponse {
        gaveUp = GaveUp(key: key, reason: reason)
        return .giveUp(reason: reason)
    }

    /// The first crash of a run that had been healthy for the initial delay restarts at once;
    /// any other waits `initial × factor^n`, at most `max`, spread by the jitter.
    private func delay(after run: EndedRun, randomness: Double) -> Duration {
        let backoff = run.policy.backoff
        if failures == 1 && run.healthyFor >= backoff.initial { return .zero }
        var delay = backoff.initial
        for _ in 1..<max(min(failures, Self.exponentMax), 1) {
            delay = min(delay.scaled(by: backoff.factor), backoff.max)
        }
        delay = min(delay, backoff.max)
        let spread = 1 + backoff.jitter * (2 * randomness - 1)
        return min(delay.scaled(by: spread), backoff.max)
    }
}
