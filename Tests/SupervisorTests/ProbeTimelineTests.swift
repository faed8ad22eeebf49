import Manifests
import Reconciler
import Testing

@testable import Supervisor

@Suite struct ProbeTimelineTests {
    private func timeline(
        period: Duration = .seconds(10), delay: Duration = .zero, success: Int = 1, failure: Int = 3
    ) -> ProbeTimeline {
        let probe = Probe(
            check: .tcp(port: "http"), initialDelay: delay, period: period, successThreshold: success,
            failureThreshold: failure)
        return ProbeTimeline(
            probe, processStart: Instant.zero + .seconds(100), start: Instant.zero + .seconds(103))
    }

    @Test func theFirstIsDueAfterItsDelayAndNotBeforeItMayBegin() {
        #expect(timeline().nextDue == Instant.zero + .seconds(103))
        #expect(timeline(delay: .seconds(5)).nextDue == Instant.zero + .seconds(105))
    }

    @Test func thresholdsAreCountedInARow() {
        var timeline = timeline(success: 2, failure: 3)
        let results: [(Bool, Bool?)] = [
            (true, nil), (false, nil), (true, nil), (true, true), (true, nil), (false, nil), (false, nil),
            (true, nil), (false, nil), (false, nil), (false, false), (false, nil), (true, nil), (true, true),
        ]
        for (number, (passed, change)) in results.enumerated() {
            #expect(timeline.finished(passed: passed, begun: .zero, at: .zero) == change, "\(number)")
        }
    }

    @Test func aProbeThatNeverPassesSaysSoOnce() {
        var timeline = timeline(failure: 2)
        let changes = (0..<5).map { _ in timeline.finished(passed: false, begun: .zero, at: .zero) }
        #expect(changes == [nil, false, nil, nil, nil])
    }

    @Test func aSlowProbeIsFollowedByOneAndNotByThoseItMissed() {
        var timeline = timeline(period: .seconds(1))
        let begun = Instant.zero + .seconds(200)
        _ = timeline.finished(passed: true, begun: begun, at: begun + .milliseconds(100))
        #expect(timeline.nextDue == begun + .seconds(1))
        _ = timeline.finished(passed: true, begun: begun, at: begun + .seconds(30))
        #expect(timeline.nextDue == begun + .seconds(30))
    }

    @Test func noPeriodIsShorterThanTheBound() {
        var timeline = timeline(period: .zero)
        _ = timeline.finished(passed: true, begun: .zero, at: .zero)
        #expect(timeline.nextDue == Instant.zero + ProbeTimeline.periodMin)
    }
}
