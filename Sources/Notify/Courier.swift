import AsyncHTTPClient
package import Reconciler

/// Brings reports to one forge, one after the other, each once. Whoever offers one never waits.
package actor Courier {
    private let target: ForgeTarget
    private let delivery: Delivery
    private let limits: NotifyLimits
    private let remember: @Sendable (String) async -> Void
    private let trouble: @Sendable (String?) -> Void
    /// What the forge was told last.
    private var told: Told?
    /// What could not be brought, however often it was tried.
    private var givenUp: Told?
    private var lastTrouble: String?
    private var queue: [CommitReport] = []
    private var worker: Task<Void, Never>?

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
        let last = queue.last.map(Told.init) ?? told
        if let last, !last.isNews(report) { return }
        if let givenUp, !givenUp.isNews(report) { return }
        // A failure is always brought; all else is overtaken by what came later.
        queue.removeAll { $0.state != .failure }
        queue.append(report)
        if queue.count > limits.queueMax { queue.removeFirst() }
        if worker == nil { worker = Task { await work() } }
    }

    /// Gives up what is not brought yet.
    package func close() async {
        worker?.cancel()
        await worker?.value
        try? await delivery.client.shutdown()
    }

    private func work() async {
        while let report = queue.first, !Task.isCancelled {
            await bring(report)
            if queue.first == report { queue.removeFirst() }
        }
        worker = nil
    }

    private func bring(_ report: CommitReport) async {
        var wait = limits.retryInitial
        let triesMax = report.state == .failure ? limits.triesMax : limits.lesserTriesMax
        for _ in 0..<triesMax {
            switch await delivery.send(report) {
            case .sent:
                (told, givenUp) = (Told(report), nil)
                say(nil)
                return await remember(Told(report).text)
            case .refused(let why):
                // Somebody has to mend something first.
                say(why)
                wait = limits.retryMax
            case .later(let why): say(why)
            }
            // Overtaken by something newer, it need not be brought any more.
            if queue.first != report { return }
            try? await Task.sleep(for: wait)
            if queue.first != report || Task.isCancelled { return }
            wait = min(wait * 2, limits.retryMax)
        }
        givenUp = Told(report)
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
