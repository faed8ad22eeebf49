import Manifests
import Reconciler

/// The probes of one run: the startup probe until it has passed, then readiness and liveness side by side.
struct RunProbes: Sendable {
    typealias Check = @Sendable (Probe) async -> ProbeOutcome
    typealias Change = @Sendable (ProbeKind, _ passing: Bool, _ detail: String) -> Void
    /// A probe failed for the first time since it passed; nil: it passes again before its threshold.
    typealias Falter = @Sendable (ProbeKind, _ detail: String?) -> Void

    /// Returns true once all that the run has said is among the notices; false if that cannot be known.
    typealias CatchUp = @Sendable () async -> Bool

    private let task: Task<Void, Never>

    /// nil where there is nothing to probe: such a run costs nothing.
    init?(
        _ health: Health, processStart: Instant, isStartupPassed: Bool, notices: NotifyFeed = NotifyFeed(),
        check: @escaping Check, change: @escaping Change, falter: @escaping Falter = { _, _ in },
        catchUp: @escaping CatchUp = { true }
    ) {
        let startup = isStartupPassed ? nil : health.startup
        guard startup != nil || health.readiness != nil || health.liveness != nil else { return nil }
        task = Task.detached {
            var watch = Watch(
                processStart: processStart, notices: notices, check: check, change: change, falter: falter,
                catchUp: catchUp)
            if let startup {
                await watch.follow(.startup, startup)
                watch.listeningSince = .current
            }
            let steady = watch
            await withTaskGroup(of: Void.self) { group in
                if let readiness = health.readiness {
                    group.addTask { await steady.follow(.readiness, readiness) }
                }
                if let liveness = health.liveness {
                    group.addTask { await steady.follow(.liveness, liveness) }
                }
            }
        }
    }

    /// A probe in flight is cancelled, and tells nothing more.
    func stop() { task.cancel() }
}

private struct Watch: Sendable {
    let processStart: Instant
    let notices: NotifyFeed
    let check: RunProbes.Check
    let change: RunProbes.Change
    let falter: RunProbes.Falter
    let catchUp: RunProbes.CatchUp
    /// From when on heartbeats can be expected.
    var listeningSince: Instant

    init(
        processStart: Instant, notices: NotifyFeed, check: @escaping RunProbes.Check,
        change: @escaping RunProbes.Change, falter: @escaping RunProbes.Falter,
        catchUp: @escaping RunProbes.CatchUp
    ) {
        self.processStart = processStart
        self.notices = notices
        self.check = check
        self.change = change
        self.falter = falter
        self.catchUp = catchUp
        listeningSince = processStart
    }

    /// A startup probe is over once it has passed; the others go on.
    func follow(_ kind: ProbeKind, _ probe: Probe) async {
        if case .heartbeat(let ttl) = probe.check {
            await listen(kind, ttl)
        } else {
            await ask(kind, probe)
        }
    }

    private func ask(_ kind: ProbeKind, _ probe: Probe) async {
        var timeline = ProbeTimeline(probe, processStart: processStart, start: .current)
        var hasFaltered = false
        while !Task.isCancelled {
            let wait = timeline.nextDue - .current
            if wait > .zero {
                do { try await Task.sleep(for: wait, tolerance: .zero) } catch { return }
            }
            let begun = Instant.current
            let outcome = await check(probe)
            if Task.isCancelled { return }
            guard outcome.wasAsked else {
                timeline.skipped(begun: begun, at: .current)
                if !hasFaltered { falter(kind, outcome.detail) }
                hasFaltered = true
                continue
            }
            let crossed = timeline.finished(passed: outcome.passed, begun: begun, at: .current)
            if let crossed { change(kind, crossed, outcome.detail) }
            if kind == .startup, crossed == true { return }
            if timeline.isFaltering != hasFaltered {
                hasFaltered = timeline.isFaltering
                // One that crossed its threshold has said so already.
                if crossed == nil { falter(kind, hasFaltered ? outcome.detail : nil) }
            }
        }
    }

    private func listen(_ kind: ProbeKind, _ ttl: Duration?) async {
        var timeline = HeartbeatTimeline(kind, ttl: ttl, start: listeningSince)
        var version = 0
        var due: Instant?
        // Without a word of the keeper nothing is known, and nothing is concluded.
        while var news = await notices.next(after: version, until: due) {
            // What passes until the answer is no lateness of this look.
            let now = Instant.current
            if timeline.isSilent(news.heartbeat, now: now) {
                // What it said may be on its way still. Without an answer nobody knows.
                while await !catchUp() { if Task.isCancelled { return } }
                news = notices.newest ?? news
            }
            if Task.isCancelled { return }
            version = news.version
            let look = timeline.look(at: news.heartbeat, now: now)
            due = look.due
            if let crossed = look.crossed { change(kind, crossed, look.detail) }
            if kind == .startup, look.crossed == true { return }
        }
    }
}
