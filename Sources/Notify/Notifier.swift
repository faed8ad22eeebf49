package import Reconciler

/// Looks at the agent when something happened, and tells the forges how the newest commit stands.
package actor Notifier {
    private let couriers: [Courier]
    private let limits: NotifyLimits
    private let look: @Sendable () async -> AgentState
    private nonisolated let bell: AsyncStream<Void>
    private nonisolated let ring: AsyncStream<Void>.Continuation
    /// Since when the newest commit has been unwell.
    private var unwell: (commit: RevisionID, since: ContinuousClock.Instant)?
    private var timer: Task<Void, Never>?

    package init(
        couriers: [Courier], limits: NotifyLimits = NotifyLimits(),
        look: @escaping @Sendable () async -> AgentState
    ) {
        self.couriers = couriers
        self.limits = limits
        self.look = look
        (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Something may be different. Never waits.
    package nonisolated func poke() { ring.yield() }

    /// Until the task is cancelled.
    package func run() async {
        for await _ in bell {
            try? await Task.sleep(for: limits.settle)
            if Task.isCancelled { break }
            guard let report = await look().commitReport() else { continue }
            for courier in couriers { await courier.offer(weighed(report)) }
        }
        timer?.cancel()
        for courier in couriers { await courier.close() }
    }

    /// Nobody else says that time has passed.
    private func lookAgain(after time: Duration) {
        let ring = ring
        timer?.cancel()
        timer = Task {
            try? await Task.sleep(for: time)
            if !Task.isCancelled { ring.yield() }
        }
    }

    /// What may pass is pending until it has lasted.
    private func weighed(_ report: CommitReport) -> CommitReport {
        if let time = report.lookAgain { lookAgain(after: time) }
        guard report.isPassing else {
            if report.state != .pending { unwell = nil }
            return report
        }
        let now = ContinuousClock.now
        let since = unwell?.commit == report.revision.id ? unwell?.since ?? now : now
        unwell = (report.revision.id, since)
        guard now - since < limits.patience else { return report }
        lookAgain(after: limits.patience - (now - since))
        var pending = report
        pending.state = .pending
        return pending
    }
}
