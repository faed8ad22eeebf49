import StatusAPI

/// `plumb status NAME`: the declared spec's way, or why it is not what runs.
struct RolloutReport {
    let rollout: RolloutDocument

    func lines(paint: Paint) -> [String] {
        var lines = [paint(plain(rollout.message), rollout.failure == nil ? .attention : .bad)]
        let changes = rollout.changes.joined(separator: ", ")
        lines.append(
            plain(
                "  brought by \(rollout.revision.short) by \(rollout.revision.author)"
                    + (changes.isEmpty ? "" : ": \(changes)")))
        if let failure = rollout.failure { lines += self.lines(failure, paint: paint) }
        if let good = rollout.lastKnownGood {
            let revision = good.revision.map { " of \($0)" } ?? ""
            let word = rollout.state == "RolledBack" ? "runs now" : "last known good"
            lines.append(plain("  \(word): \(good.unit)\(revision) (\(good.specHash.prefix(12)))"))
        }
        if let obstacle = rollout.obstacle {
            lines.append("  " + paint("no way back", .bad) + plain(": \(obstacle)"))
        }
        if !rollout.remedy.isEmpty { lines.append(plain("  next: \(rollout.remedy)")) }
        return lines
    }

    private func lines(_ failure: RolloutFailureDocument, paint: Paint) -> [String] {
        var lines = [plain("  failed: \(failure.message)")]
        if let exit = failure.exit { lines.append("  exit: \(exit.text)") }
        if let probe = failure.probe { lines.append(plain("  probe: \(probe)")) }
        if let run = failure.runId { lines.append(plain("  run: \(failure.replica ?? "") \(run)")) }
        for line in failure.stderr ?? [] { lines.append(paint("  stderr | ", .faint) + plain(line)) }
        return lines
    }

    private func plain(_ text: String) -> String { PrintableText.oneLine(text) }
}
