import AsyncHTTPClient
package import Reconciler

/// Brings reports to one forge, one at a time, each once. Whoever offers one never waits.
package actor Courier {
    private let target: ForgeTarget
    private let delivery: Delivery
    private let limits: NotifyLimits
    private let remember: @Sendable (String) async -> Void
    private let trouble: @Sendable (String?) -> Void
    /// What the forge was told last of the newest commit.
    private var told: Told?
    private var newest: RevisionID?
    private var lastTrouble: String?
    private var queue: [Parcel] = []
    private var worker: Task<Void, Never>?
    private var nap: Task<Void, Never>?

    /// A report on its way.
    private struct Parcel {
        let report: CommitReport
        var tries = 0
        /// Not tried before; the wait until then doubles.
        var due = ContinuousClock.now
    }

    /// - Parameters:
    ///   - remembered: what an earlier agent remembered.
    ///   - remember: keeps what was told, so that a later agent does not repeat it.
    ///   - trouble: told why a report could not be brought; nil once one was.
    package init(
        target: ForgeTarget, node: String, limits: NotifyLimits = NotifyLimits(), remembered: String? = nil,
        remember: @escaping @Sendable (String) async -> Void = { _ in },
        trouble: @escaping @Sendable (String?) -> Void = { _ in }
    ) throws {
        self.target = target
        self.limits = limits
        self.remember = remember
        self.trouble = trouble
        told = remembered.flatMap(Told.init(text:))
        delivery = Delivery(
            target: target, node: node, client: try Delivery.client(for: target), limits: limits)
    }

    /// Takes a report over, if it is news.
    package func offer(_ report: CommitReport) {
        let last = queue.last { $0.report.revision.id == report.revision.id }.map { Told($0.report) } ?? told
        if let last, !last.isNews(report) { return }
        newest = report.revision.id
        // A failure is always brought; all else is overtaken by what came later.
        queue.removeAll { $0.report.state != .failure }
        queue.append(Parcel(report: report))
        if queue.count > limits.queueMax { queue.removeFirst() }
        // News does not wait for what waits.
        nap?.cancel()
        if worker == nil { worker = Task { await work() } }
    }

    /// Gives up what is not brought yet.
    package func close() async {
        worker?.cancel()
        nap?.cancel()
        await worker?.value
        try? await delivery.client.shutdown()
    }

    private func work() async {
        while let parcel = next, !Task.isCancelled {
            let wait = ContinuousClock.now.duration(to: parcel.due)
            if wait > .zero {
                let sleep = Task<Void, Never> { try? await Task.sleep(for: wait) }
                nap = sleep
                await sleep.value
            } else {
                await bring(parcel)
            }
        }
        worker = nil
    }

    /// The one that is due first. Those of one commit keep their order, and those of another do not wait for
    /// them: a forge may never take a status of a commit that it has lost.
    private var next: Parcel? {
        queue.indices.filter { index in
            !queue[..<index].contains { $0.report.revision.id == queue[index].report.revision.id }
        }.map { queue[$0] }.min { $0.due < $1.due }
    }

    private func bring(_ parcel: Parcel) async {
        let outcome = await delivery.send(parcel.report)
        let position = queue.firstIndex { $0.report == parcel.report }
        let wait: Duration
        switch outcome {
        case .sent:
            if let position { queue.remove(at: position) }
            say(nil)
            guard parcel.report.revision.id == newest else { return }
            let known = Told(parcel.report)
            told = known
            return await remember(known.text)
        case .later(let why):
            say(why)
            wait = doubled(parcel.tries)
        case .refused(let why):
            // Somebody has to mend something first.
            say(why)
            wait = limits.retryMax
        }
        // Gone: overtaken by something newer, it need not be brought any more.
        guard let position else { return }
        queue[position].tries += 1
        queue[position].due = .now + wait
        // The newest word is tried for as long as it is the newest.
        let isOvertaken = position < queue.count - 1
        if isOvertaken && queue[position].tries >= limits.triesMax { queue.remove(at: position) }
    }

    private func doubled(_ tries: Int) -> Duration {
        var wait = limits.retryInitial
        for _ in 0..<tries where wait < limits.retryMax { wait *= 2 }
        return min(wait, limits.retryMax)
    }

    private func say(_ why: String?) {
        if why == lastTrouble { return }
        lastTrouble = why
        trouble(why)
    }
}

/// What a forge was told last of a commit.
struct Told: Sendable, Hashable {
    let commit: String
    let state: String
    let reason: String

    init(_ report: CommitReport) {
        commit = report.revision.id.hex
        state = report.state.rawValue
        reason = report.reason
    }

    init?(text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        (commit, state, reason) = (words[0], words[1], words[2])
    }

    var text: String { "\(commit) \(state) \(reason)" }

    /// The same once more is none. Nor is it one that a commit, once judged, is being worked at.
    func isNews(_ report: CommitReport) -> Bool {
        guard report.revision.id.hex == commit else { return true }
        if report.state == .pending && state != CommitReport.State.pending.rawValue { return false }
        return report.state.rawValue != state || (report.state == .failure && report.reason != reason)
    }
}
