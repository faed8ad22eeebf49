import Manifests
package import Reconciler

/// A plan as a story prints it: one line an action, then what is waited for.
package enum PlanText {
    package static func lines(_ plan: Plan, at now: Instant, waiting: Bool) -> [String] {
        var lines = plan.actions.compactMap(line)
        guard waiting else { return lines }
        lines += plan.waiting.sorted { $0.replica < $1.replica }.map {
            row(".", "waits", $0.replica.description, $0.reason.text(now: now))
        }
        if let wakeAt = plan.wakeAt { lines.append("wakes in \((wakeAt - now).rough)") }
        return lines
    }

    /// nil for checks, which touch nothing.
    private static func line(_ action: Action) -> String? {
        switch action {
        case .prepare: nil
        case .start(let start): row("+", "start", start.slot.description, start.cause.text)
        case .stop(let stop): row("-", "stop", stop.slot.description, stop.cause.text)
        case .update(let update):
            row("~", update.reload ? "reload" : "live", update.slot.description, update.cause.text)
        }
    }

    /// What a candidate would change, as `plumb diff` words it.
    package static func lines(_ summary: ChangeSummary) -> [String] {
        let counts = ChangeSummary.Kind.allCases.map { "\(summary.count($0)) \($0.rawValue)" }
        var lines = [counts.joined(separator: ", ") + ", \(summary.unchanged) unchanged"]
        for line in summary.rows {
            let note = line.note.isEmpty ? "" : " (\(line.note))"
            lines.append(row("=", line.kind.rawValue, line.replicas, line.cause.text + note))
        }
        for quiet in summary.quiet {
            lines.append(row("=", "quiet", quiet.instance, quiet.changes.map(\.text).joined(separator: ", ")))
        }
        if !summary.suspended.isEmpty {
            lines.append("suspended: \(summary.suspended.joined(separator: ", "))")
        }
        if !summary.protected.isEmpty {
            lines.append("protected: \(summary.protected.joined(separator: ", "))")
        }
        return lines
    }

    /// What happened, without what the plan has already said.
    package static func lines(_ events: [EventRecord]) -> [String] {
        let told: Set<EventRecord.Kind> = [
            .ready, .unready, .exited, .keeperLost, .backoff, .gaveUp, .succeeded, .startRefused,
            .hostRecovered, .unknown, .adopted, .found, .rolloutFailed, .rolledBack, .quarantineLifted,
        ]
        return events.filter { told.contains($0.kind) }.map { "* \($0.message)" }
    }

    private static func row(_ sign: String, _ word: String, _ replica: String, _ text: String) -> String {
        "\(sign) \(padded(word, 7)) \(padded(replica, 9)) \(text)"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
