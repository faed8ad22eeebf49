import Manifests
import Reconciler

/// The probes of one run: the startup probe until it has passed, then readiness and liveness side by side.
struct RunProbes: Sendable {
    typealias Check = @Sendable (Probe) async -> ProbeOutcome
    typealias Change = @Sendable (ProbeKind, _ passing: Bool, _ detail: String) -> Void

    private let task: Task<Void, Never>

    /// nil where there is nothing to probe: such a run costs nothing.
    init?(
        _ health: Health, processStart: Instant, isStartupPassed: Bool, check: @escaping Check,
        change: @escaping Change
    ) {
        let startup = isStartupPassed ? nil : health.startup
        guard startup != nil || health.readiness != nil || health.liveness != nil else { return nil }
        task = Task.detached {
            let watch = Watch(processStart: processStart, check: check, change: change)
            if let startup { await watch.follow(.startup, startup, untilPassing: true) }
            await withTaskGroup(of: Void.self) { group in
                if let readiness = health.readiness {
                    group.addTask { await watch.follow(.readiness, readiness, untilPassing: false) }
                }
                if let liveness = health.liveness {
                    group.addTask { await watch.follow(.liveness, liveness, untilPassing: false) }
                }
            }
        }
    }

    /// A probe in flight is cancelled, and tells nothing more.
    func stop() { task.cancel() }
}

private struct Watch: Sendable {
    let processStart: Instant
    let check: RunProbes.Check
    let change: RunProbes.Change

    func follow(_ kind: ProbeKind, _ probe: Probe, untilPassing: Bool) async {
        var timeline = ProbeTimeline(probe, processStart: processStart, start: .current)
        while !Task.isCancelled {
            let wait = timeline.nextDue - .current
            if wait > .zero {
                do { try await Task.sleep(for: wait, tolerance: .zero) } catch { return }
            }
            let begun = Instant.current
            let outcome = await check(probe)
            if Task.isCancelled { return }
            let crossed = timeline.finished(passed: outcome.passed, begun: begun, at: .current)
            if let crossed { change(kind, crossed, outcome.detail) }
            if untilPassing, crossed == true { return }
        }
    }
}
