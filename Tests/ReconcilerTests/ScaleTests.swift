import Manifests
import Reconciler
import TestKit
import Testing

/// Work that grows with the number of Instances, and no faster. The figures are printed; only a runaway
/// fails.
struct ScaleTests {
    private func desired(_ count: Int, revision: Int, grace: Int = 5) throws -> Desired {
        let one = try Declared.desired(instance: "stop: {grace: \(grace)s}")
        var instances: [String: DesiredInstance] = [:]
        for index in 0..<count {
            var copy = one
            copy.spec.name = "i\(index)"
            if index > 0 { copy.dependsOn = [Dependency(instance: "i\(index - 1)", condition: .started)] }
            instances[copy.spec.name] = copy
        }
        return Desired(revision: .numbered(revision), node: Node(name: "edge-1"), instances: instances)
    }

    @Test("ten times the Instances take about ten times the time", .timeLimit(.minutes(2)))
    func linear() throws {
        var times: [Duration] = []
        for count in [300, 3000] {
            let moment = ManualClock().moment
            let world = World.running(try desired(count, revision: 1), at: moment)
            var next = world
            let clock = ContinuousClock()
            times.append(
                try clock.measure {
                    let candidate = try desired(count, revision: 2)
                    next.accept(candidate, at: moment)
                    let quiet = plan(observed: next.observed, memory: next.memory, at: moment.instant)
                    #expect(quiet.actions.isEmpty)
                    let summary = ChangeSummary(world: world, candidate: candidate, at: moment)
                    #expect(summary.rows.isEmpty && summary.unchanged == count)
                    next.observed.stopping = true
                    let last = plan(observed: next.observed, memory: next.memory, at: moment.instant)
                    #expect(last.stops.count == 1)
                })
        }
        print("accept, two plans and a summary: 300 in \(times[0]), 3000 in \(times[1])")
        // Quadratic work would take a hundred times as long; the machine may be busy.
        #expect(times[1] < times[0] * 50)
    }
}
