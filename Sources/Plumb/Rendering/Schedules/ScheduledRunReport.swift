import Reconciler
import StatusAPI

/// `plumb runs show`: one run with everything that is remembered of it.
struct ScheduledRunReport {
    let detail: RunDetailDocument
    let now: Timestamp

    private var run: RunDocument { detail.run }

    func lines(width: Int?, paint: Paint) -> [String] {
        let owner = run.schedule ?? run.replica ?? ""
        var lines = [
            paint(run.runId, .strong) + "  " + paint(owner, .strong) + "  "
                + paint(run.state, ScheduleStyle.style(state: run.state))
        ]
        lines += LabelledLines.lines(facts, width: width, paint: paint)
        lines += attempts(width: width, paint: paint)
        if let output = detail.output, !output.isEmpty { lines += files(output, width: width, paint: paint) }
        if let text = detail.stderr, !text.isEmpty {
            lines += ["", paint("THE LAST OF STDERR", .strong)]
            lines += text.split(separator: "\n", omittingEmptySubsequences: false).map {
                PrintableText.harmless(String($0))
            }
            if lines.last == "" { lines.removeLast() }
        }
        if !detail.events.isEmpty {
            lines += ["", paint("EVENTS", .strong)]
            for event in detail.events {
                lines += EventReport(event: event).lines(width: width, paint: paint)
            }
        }
        return lines
    }

    private var facts: [(String, String)] {
        var facts: [(String, String)] = []
        if let nominal = run.nominalAt {
            facts.append(("time", run.nominalClock + ", " + MomentText.distance(nominal, now: now)))
        }
        if let due = run.dueAt { facts.append(("due", "\(due), with its jitter")) }
        if let trigger = run.trigger { facts.append(("trigger", Self.triggers[trigger] ?? trigger)) }
        if let started = run.startedAt {
            let late = run.lateSeconds.map { ", " + MomentText.lateness($0) } ?? ""
            facts.append(("began", "\(started)\(late)"))
        }
        if let ended = run.endedAt {
            let took = run.seconds.map { ", took " + QuantityText.seconds($0) } ?? ""
            facts.append(("ended", "\(ended)\(took)"))
        }
        if let exit = run.exit {
            facts.append(("exit", exit.text))
            facts.append(
                (
                    "used",
                    "cpu \(QuantityText.seconds(exit.cpuSeconds)), memory at most "
                        + QuantityText.size(exit.memoryPeakBytes)
                ))
        }
        let words = [run.reasonCode, run.reason == run.exit?.text ? nil : run.reason]
        let reason = words.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
        if !reason.isEmpty { facts.append(("reason", reason)) }
        if let remedy = run.remedy { facts.append(("to do", remedy)) }
        if let unit = run.unit { facts.append(("unit", unit)) }
        facts.append(("revision", "\(run.revision.short) by \(run.revision.author): \(run.revision.subject)"))
        if let directory = detail.directory { facts.append(("files", directory)) }
        return facts
    }

    /// In words.
    private static let triggers = [
        "time": "the clock", "catchUp": "made up for a time that had passed", "event": "an event",
        "path": "files", "nonce": "a commit that changed spec.runNonce",
    ]

    private func attempts(width: Int?, paint: Paint) -> [String] {
        guard let attempts = detail.attempts, attempts.count > 1 else { return [] }
        var table = Table(columns: [
            .init(title: "TRY", isNumber: true), .init(title: "RUN", yield: 2), .init(title: "BEGAN"),
            .init(title: "TOOK", isNumber: true), .init(title: "EXIT", yield: 1),
            .init(title: "CPU", isNumber: true, yield: 3), .init(title: "MEMORY", isNumber: true, yield: 3),
        ])
        for (index, attempt) in attempts.enumerated() {
            let nanoseconds = attempt.startedAt.flatMap { start in
                attempt.endedAt.map { $0.wall.nanoseconds &- start.wall.nanoseconds }
            }
            let took = nanoseconds.map { QuantityText.seconds(Double(max(0, $0) / 1_000_000) / 1_000) }
            table.add([
                .init(String(index + 1)), .init(attempt.runId),
                .init(attempt.startedAt?.description ?? "never"), .init(took ?? "–"),
                .init(attempt.exit?.text ?? ""),
                .init(attempt.exit.map { QuantityText.seconds($0.cpuSeconds) } ?? ""),
                .init(attempt.exit.map { QuantityText.size($0.memoryPeakBytes) } ?? ""),
            ])
        }
        return [""] + table.render(width: width, paint: paint)
    }

    private func files(_ output: [OutputFileDocument], width: Int?, paint: Paint) -> [String] {
        var table = Table(columns: [.init(title: "SIZE", isNumber: true), .init(title: "OUTPUT")])
        for file in output { table.add([.init(QuantityText.size(file.bytes)), .init(file.path)]) }
        return [""] + table.render(width: width, paint: paint)
    }
}

/// A word, and what there is to say of it; what does not fit goes on below.
enum LabelledLines {
    static func lines(_ facts: [(String, String)], width: Int?, paint: Paint) -> [String] {
        let column = (facts.map(\.0.count).max() ?? 0) + 2
        let room = width.map { max(20, $0 - column) }
        return facts.flatMap { label, text in
            let wrapped =
                room.map { WrappedText.lines(PrintableText.oneLine(text), width: $0) }
                ?? [PrintableText.oneLine(text)]
            return wrapped.enumerated().map { index, line in
                let head = index == 0 ? label : ""
                return paint(head, .faint) + String(repeating: " ", count: column - head.count) + line
            }
        }
    }
}
