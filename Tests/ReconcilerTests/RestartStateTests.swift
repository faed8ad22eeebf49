import Manifests
import Testing

@testable import Reconciler

/// What follows an exit that nobody asked for.
struct RestartStateTests {
    static let now = Instant(nanoseconds: 1_000_000_000_000)
    static let key = RunKey(start: StartHash(hex: "aa"), nonce: "")

    struct Case: Sendable, CustomTestStringConvertible {
        var profile: Profile
        var policy: RestartPolicy.Condition
        var exit: ExitReport.Cause
        var outcome: Outcome
        var testDescription: String { "\(profile) \(policy.rawValue) \(exit)" }
    }
    enum Outcome { case completed, restart, giveUp }

    private static let good = ExitReport.Cause.exited(code: 0)
    private static let bad: [ExitReport.Cause] = [
        .exited(code: 1), .signaled(number: 9, coreDumped: false), .keeperLost,
        .startFailed(step: "exec", errno: 2, message: "no such file"),
    ]

    static let cases: [Case] =
        [
            Case(profile: .keepalive, policy: .always, exit: good, outcome: .restart),
            Case(profile: .keepalive, policy: .onFailure, exit: good, outcome: .completed),
            Case(profile: .keepalive, policy: .never, exit: good, outcome: .completed),
            Case(profile: .oneshot, policy: .onFailure, exit: good, outcome: .completed),
            Case(profile: .oneshot, policy: .never, exit: good, outcome: .completed),
        ]
        + bad.flatMap { exit in
            [Profile.keepalive, .oneshot].flatMap { profile in
                [
                    Case(profile: profile, policy: .always, exit: exit, outcome: .restart),
                    Case(profile: profile, policy: .onFailure, exit: exit, outcome: .restart),
                    Case(profile: profile, policy: .never, exit: exit, outcome: .giveUp),
                ]
            }
        }
        + RestartPolicy.Condition.allCases.map {
            // Nobody failed: the host went away, and every policy wants to be where it was.
            Case(profile: .keepalive, policy: $0, exit: .rebooted, outcome: .restart)
        }

    @Test("every policy and every way to end", arguments: cases)
    func policies(_ item: Case) {
        var state = RestartState()
        let run = EndedRun(
            key: Self.key, profile: item.profile, policy: RestartPolicy(policy: item.policy),
            exit: .cause(item.exit))
        let outcome: Outcome =
            switch state.exited(run, at: Self.now, randomness: 0.5) {
            case .completed: .completed
            case .restart: .restart
            case .giveUp: .giveUp
            }
        #expect(outcome == item.outcome)
        #expect((state.gaveUp != nil) == (item.outcome == .giveUp))
    }

    private func fail(
        _ state: inout RestartState, _ policy: RestartPolicy = RestartPolicy(), healthyFor: Duration = .zero,
        randomness: Double = 0.5
    ) -> Duration? {
        let run = EndedRun(
            key: Self.key, profile: .keepalive, policy: policy, exit: .code(1), healthyFor: healthyFor)
        guard case .restart(let at) = state.exited(run, at: Self.now, randomness: randomness) else {
            return nil
        }
        return at - Self.now
    }

    @Test("delays double up to the cap")
    func growth() {
        var state = RestartState()
        let delays = (0..<9).map { _ in fail(&state) }
        let seconds = [1, 2, 4, 8, 16, 32, 60, 60, 60]
        #expect(delays == seconds.map { .seconds($0) })
        #expect(state.failures == 9)
    }

    @Test("a million failures overflow nothing")
    func manyFailures() {
        var state = RestartState(failures: Int.max - 1)
        #expect(fail(&state) == .seconds(60))
    }

    @Test("jitter stays within its share, and below the cap", arguments: [0, 0.25, 0.5, 1])
    func jitter(randomness: Double) {
        var state = RestartState()
        let policy = RestartPolicy(backoff: .init(jitter: 0.2))
        let delay = fail(&state, policy, randomness: randomness) ?? .zero
        #expect(delay >= .milliseconds(800) && delay <= .milliseconds(1200))
        state.failures = 100
        #expect((fail(&state, policy, randomness: randomness) ?? .zero) <= .seconds(60))
    }

    @Test("the first crash of a run that had been healthy restarts at once, the second does not")
    func firstCrash() {
        var state = RestartState()
        #expect(fail(&state, healthyFor: .seconds(1)) == .zero)
        #expect(state.backoffUntil == nil)
        #expect(fail(&state, healthyFor: .seconds(1)) == .seconds(2))
    }

    @Test("the count starts anew after a long enough healthy run, and not before")
    func reset() {
        var state = RestartState(failures: 5)
        #expect(fail(&state, healthyFor: .seconds(59)) == .seconds(32))
        #expect(state.failures == 6)
        #expect(fail(&state, healthyFor: .seconds(60)) == .zero)
        #expect(state.failures == 1)
    }

    @Test("maxRetries counts restarts, and health in between gives them back")
    func retries() {
        var state = RestartState()
        let policy = RestartPolicy(maxRetries: 2)
        #expect(fail(&state, policy) != nil)
        #expect(fail(&state, policy) != nil)
        #expect(fail(&state, policy) == nil)
        #expect(state.gaveUp == GaveUp(key: Self.key, reason: "2 of 2 retries failed"))
        state = RestartState(failures: 2)
        #expect(fail(&state, policy, healthyFor: .seconds(61)) != nil)
        var none = RestartState()
        #expect(fail(&none, RestartPolicy(maxRetries: 0)) == nil)
    }

    @Test("a probe's verdict counts as a failure, whatever the exit code")
    func probeFailed() {
        var state = RestartState()
        let run = EndedRun(
            key: Self.key, profile: .keepalive, policy: RestartPolicy(policy: .onFailure), exit: .code(0),
            probeFailed: true)
        #expect(state.exited(run, at: Self.now, randomness: 0.5) == .restart(at: Self.now + .seconds(1)))
    }

    @Test("a reboot is nobody's failure")
    func reboot() {
        var state = RestartState(failures: 7)
        let run = EndedRun(
            key: Self.key, profile: .keepalive, policy: RestartPolicy(), exit: .cause(.rebooted))
        #expect(state.exited(run, at: Self.now, randomness: 0.5) == .restart(at: Self.now))
        #expect(state.failures == 0)
    }
}
