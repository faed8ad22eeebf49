import Reconciler
import StatusAPI

/// `plumb why`: one chain a replica.
struct WhyReport {
    let why: WhyDocument

    private static let timeColumns = 19
    /// How many replicas that are well are shown of those that are.
    private static let wellMax = 1

    func lines(width: Int?, paint: Paint) -> [String] {
        var lines = [
            [
                paint(why.instance, .strong), why.unit,
                paint(why.sync, why.sync == "Synced" ? .plain : .attention),
                paint(why.health, HealthStyle.style(why.health)), "\(why.ready) ready",
            ].filter { !$0.isEmpty }.joined(separator: "  ")
        ]
        for condition in why.conditions {
            lines += wrapped("\(condition.type): \(condition.message)", "  ", width).map {
                paint($0, .attention)
            }
        }
        let well = why.replicas.filter(isWell)
        let shown = why.replicas.filter { !isWell($0) } + well.prefix(Self.wellMax)
        for replica in shown { lines += [""] + self.lines(replica, width, paint) }
        let rest = why.replicas.count - shown.count
        if rest > 0 {
            lines += ["", paint("\(rest) more \(rest == 1 ? "replica is" : "replicas are") well", .faint)]
        }
        if why.replicas.isEmpty { lines += ["", "no replica is meant to run here"] }
        return lines
    }

    private func isWell(_ replica: WhyReplicaDocument) -> Bool {
        replica.health == "healthy" && replica.synced && replica.waiting == nil
    }

    private func lines(_ replica: WhyReplicaDocument, _ width: Int?, _ paint: Paint) -> [String] {
        let state = "\(replica.name) is \(replica.phase), \(replica.health)"
        let reason = replica.reason.isEmpty ? "" : ": " + PrintableText.oneLine(replica.reason)
        var lines = [paint(state, HealthStyle.style(replica.health)) + reason]
        if let waiting = replica.waiting {
            if !replica.reason.contains(waiting.message) {
                lines += entry("waits", waiting.message, width, paint)
            }
            lines += entry("lifted", waiting.lift, width, paint)
        }
        let place = placeOfOutput(replica)
        for (index, step) in replica.steps.enumerated() {
            lines += entry(head(step), text(step), width, paint)
            if index == place { lines += output(replica, paint) }
        }
        return place == nil ? lines + output(replica, paint) : lines
    }

    /// Last words stand below the end of their run, or below the newest that is told of it.
    private func placeOfOutput(_ replica: WhyReplicaDocument) -> Int? {
        let own = replica.steps.enumerated().filter { $0.element.runId == replica.outputOf }
        let end = own.first { ["exited", "keeperLost"].contains($0.element.event) }
        return replica.outputOf == nil ? nil : (end ?? own.first)?.offset
    }

    private func head(_ step: WhyStepDocument) -> String {
        switch step.kind {
        case "change": "because"
        case "commit": "commit"
        case "finding": "now"
        default: step.time.map { TimeText.local($0.wall) } ?? ""
        }
    }

    private func text(_ step: WhyStepDocument) -> String {
        var text = PrintableText.oneLine(step.text)
        if let change = step.change { text += "  \(change.file):\(change.line)" }
        if step.kind == "commit", let time = step.time { text += "  (\(TimeText.local(time.wall)))" }
        return text
    }

    private func entry(_ head: String, _ text: String, _ width: Int?, _ paint: Paint) -> [String] {
        let blank = String(repeating: " ", count: Self.timeColumns + 4)
        let room = width.map { max(30, $0 - blank.count) } ?? Int.max
        return WrappedText.lines(text, width: room).enumerated().map { index, line in
            let first = "  " + PrintableText.padded(head, to: Self.timeColumns + 2)
            return (index == 0 ? paint(first, .faint) : blank) + line
        }
    }

    private func output(_ replica: WhyReplicaDocument, _ paint: Paint) -> [String] {
        (replica.output ?? []).map { line in
            let blank = String(repeating: " ", count: Self.timeColumns + 4)
            return blank + paint(line.stream == "stderr" ? "! " : "| ", .faint)
                + PrintableText.harmless(line.text)
        }
    }

    private func wrapped(_ text: String, _ indent: String, _ width: Int?) -> [String] {
        WrappedText.lines(PrintableText.oneLine(text), width: width.map { max(30, $0 - 2) } ?? Int.max).map {
            indent + $0
        }
    }
}

/// `plumb history`.
struct SpecHistoryReport {
    let records: [SpecRecordDocument]

    func lines(width: Int?, paint: Paint) -> [String] {
        guard !records.isEmpty else { return ["nothing was wanted of it since this history began"] }
        var table = Table(columns: [
            .init(title: "WANTED"), .init(title: "SPEC"), .init(title: "OUTCOME"),
            .init(title: "FOR", isNumber: true), .init(title: "READY AFTER", isNumber: true, yield: 1),
            .init(title: "REVISION"), .init(title: "AUTHOR", yield: 3), .init(title: "CHANGE", yield: 2),
        ])
        for record in records { table.add(row(record)) }
        return table.render(width: width, paint: paint)
    }

    private func row(_ record: SpecRecordDocument) -> [Table.Cell] {
        let ready = record.readyAt.map {
            Duration.nanoseconds($0.wall.nanoseconds - record.wantedAt.wall.nanoseconds).rough
        }
        let isCurrent = record.endedAt == nil && record.outcome == "good"
        let outcome = record.outcome + (isCurrent ? ", current" : record.runsNow == true ? ", runs now" : "")
        let changes =
            record.changes.isEmpty
            ? (record.isOlder ? "older than this history" : "new")
            : record.changes.map(Self.text).joined(separator: ", ")
        return [
            .init((record.isOlder ? "≤ " : "") + TimeText.local(record.wantedAt.wall)),
            .init(String(record.specHash.prefix(12)), .strong),
            .init(outcome, Self.style(record.outcome)),
            .init(Duration.milliseconds(Int64(record.wantedSeconds * 1000)).rough), .init(ready ?? "–"),
            .init(record.revision.short), .init(PrintableText.oneLine(record.revision.author)),
            .init(PrintableText.oneLine(changes)),
        ]
    }

    private static func text(_ change: ChangeDocument) -> String {
        switch (change.old, change.new) {
        case (let old?, let new?): "\(change.path) \(old) → \(new)"
        case (nil, let new?): "\(change.path) set to \(new)"
        case (let old?, nil): "\(change.path) removed (was \(old))"
        case (nil, nil): change.path
        }
    }

    private static func style(_ outcome: String) -> Style {
        switch outcome {
        case "good", "completed": .good
        case "current": .plain
        case "superseded", "withdrawn": .faint
        default: .bad
        }
    }
}

/// `plumb trace`.
struct TraceReport {
    let trace: TraceDocument

    func lines(width: Int?, paint: Paint) -> [String] {
        let revision = trace.revision
        var lines = [
            paint(revision.short, .strong) + "  " + PrintableText.oneLine(revision.subject) + "  by "
                + PrintableText.oneLine(revision.author),
            "\(trace.outcome.isEmpty ? "being read" : trace.outcome); it changed "
                + "\(trace.instances) \(trace.instances == 1 ? "Instance" : "Instances") here",
            "",
        ]
        var table = Table(columns: [
            .init(title: "STAGE"), .init(title: "AT"), .init(title: "SINCE SEEN", isNumber: true),
            .init(title: "TOOK", isNumber: true),
        ])
        table.add([
            .init("committed"), .init(TimeText.local(revision.committedAt.wall)), .init(""), .init(""),
        ])
        for (index, stage) in trace.stages.enumerated() {
            table.add([
                .init(stage.stage, .strong), .init(Self.precise(stage.at)),
                .init(index == 0 ? "" : Self.text(stage.sinceFirst)),
                .init(index == 0 ? "" : Self.text(stage.sinceLast)),
            ])
        }
        lines += table.render(width: width, paint: paint)
        if let next = trace.supersededBy {
            let when = trace.outcome == "superseded" ? "it was applied" : "all of it was healthy"
            lines += ["", "\(next.short) took its place before \(when)"]
        }
        return lines
    }

    /// With milliseconds.
    private static func precise(_ time: Timestamp) -> String {
        let text = time.description
        let milliseconds = text.split(separator: ".").last.map { $0.dropLast() } ?? ""
        return TimeText.local(time.wall) + "." + milliseconds
    }

    private static func text(_ seconds: Double) -> String {
        if seconds < 0.001 { return "\(Int(seconds * 1_000_000))µs" }
        if seconds < 1 { return "\((seconds * 10_000).rounded() / 10)ms" }
        return Duration.milliseconds(Int64(seconds * 1000)).rough
    }
}
