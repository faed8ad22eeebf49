import Manifests
import Reconciler

/// One probe of one run: when it is due, and what its results add up to. No I/O, no clock of its own.
struct ProbeTimeline: Sendable {
    let probe: Probe
    /// When the probe is to be begun next. At most one is in flight: the next is due after the end of this.
    private(set) var nextDue: Instant
    /// nil until a threshold has been reached for the first time.
    private(set) var isPassing: Bool?
    /// It has failed since it last passed, and not often enough to count.
    var isFaltering: Bool { failures > 0 && isPassing != false }
    private var successes = 0
    private var failures = 0

    /// `start`: when the process began, or for a probe that waited for the startup probe, when that passed.
    init(_ probe: Probe, processStart: Instant, start: Instant) {
        self.probe = probe
        nextDue = max(processStart + probe.initialDelay, start)
    }

    /// Takes one result in. The new state where it crossed a threshold, else nil.
    mutating func finished(passed: Bool, begun: Instant, at now: Instant) -> Bool? {
        skipped(begun: begun, at: now)
        successes = passed ? successes + 1 : 0
        failures = passed ? 0 : failures + 1
        let threshold = passed ? probe.successThreshold : probe.failureThreshold
        guard isPassing != passed, (passed ? successes : failures) >= max(threshold, 1) else { return nil }
        isPassing = passed
        return passed
    }

    /// It gave no result, so that nothing counts but the time.
    mutating func skipped(begun: Instant, at now: Instant) {
        // A probe that took longer than its period is followed at once by one, not by those it missed.
        nextDue = max(begun + max(probe.period, Self.periodMin), now)
    }

    /// Shorter periods would keep a processor busy with nothing else.
    static let periodMin: Duration = .milliseconds(10)
}
