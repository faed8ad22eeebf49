import Manifests
import Reconciler
import StatusAPI

/// What `plumb diff` prints.
struct PlanReport {
    let summary: ChangeSummary
    /// What the agent's gates would make of it; nil: nothing, or nobody knows.
    var held: HeldRevision?
    var forecast: FiringForecast?

    func lines(width: Int?, paint: Paint) -> [String] {
        var lines = [title, counts]
        if summary.changes { lines.append("") }
        lines += PlanRows(rows: summary.rows).lines(width: width, paint: paint)
        lines += summary.scheduleRows(forecast).lines(paint: paint)
        let notes = notes + (!summary.changes && summary.quiet.isEmpty ? ["nothing to do"] : [])
        return lines + (notes.isEmpty ? [] : [""] + notes.map { paint($0, .faint) })
    }

    private var notes: [String] {
        summary.notes + (held?.holds ?? []).map { "note: it would be held: \($0.text)" }
    }

    private var title: String {
        let from = summary.from.map { "\($0.short) → " } ?? ""
        let author = summary.to.ref == RevisionLoader.worktree ? "" : " by \(summary.to.byline)"
        return "Plan for \(summary.node.name): \(from)\(summary.to.short)\(author)"
    }

    private var counts: String {
        PrintableText.padded(summary.countsText, to: Self.hashColumn) + "plan \(summary.planHash)"
    }

    private static let hashColumn = 74
}

extension PlanReport {
    func markdown(marker: String) -> String {
        var page = MarkdownPage(marker: marker)
        page.add("### Plumb: \(summary.countsText)")
        page.add(Markdown.code(title))
        page.addBlock(
            PlanRows(rows: summary.rows, signs: .diff).lines(width: nil, paint: .none)
                + summary.scheduleRows(forecast, signs: .diff).lines(paint: .none)
                + notes.map { "# " + $0 } + ["# plan \(summary.planHash)"],
            language: "diff")
        return page.text
    }
}

extension ChangeSummary {
    var countsText: String {
        let live = count(.live) + count(.reload)
        return "\(count(.start)) to start, \(count(.restart)) to restart, \(count(.stop)) to stop, "
            + "\(live) live \(live == 1 ? "change" : "changes"), \(unchanged) unchanged"
            + (schedules.countsText.map { ", " + $0 } ?? "")
    }

    func scheduleRows(
        _ forecast: FiringForecast?, signs: PlanRows.Signs = .plain, valueMax: Int = 60
    ) -> ScheduleRows {
        ScheduleRows(
            changes: schedules, signs: signs, valueCharactersMax: valueMax,
            forecast: forecast ?? FiringForecast(now: WallTime(nanoseconds: 0), rules: { _ in nil }))
    }

    /// What is to be said of changes that touch no process.
    var notes: [String] {
        var notes: [String] = []
        for change in quiet {
            let fields = change.changes.map(\.text).joined(separator: ", ")
            notes.append("note: \(change.instance): \(fields) touches no process")
        }
        for (name, failed) in rolledBack {
            notes.append(
                "note: \(name) is declared as \(failed.specHash), which failed here and is not tried again "
                    + "(\(failed.failure.message)): its last known good spec of \(failed.goodRevision.short) "
                    + "runs; to try it again: plumb retry \(name)")
        }
        for name in suspended {
            notes.append("note: \(name) is suspended: its changes wait until spec.suspend is false")
        }
        for name in protected {
            notes.append(
                "note: \(name) is declared no longer, and prune: protect keeps it: declare it again with "
                    + "prune: allow, and remove it then")
        }
        return notes
    }
}

extension PlanReport {
    /// What `-o json` and `-o yaml` print.
    var value: OutputValue {
        var members = [
            OutputValue.Member(key: "apiVersion", value: .string(OutputVersion.current)),
            OutputValue.Member(key: "kind", value: "Plan"),
        ]
        members += Self.members(of: summary, forecast)
        let holds = (held?.holds ?? []).map { hold in
            OutputValue.object([
                "reason": .string(hold.kind.rawValue), "message": .string(hold.message),
                "lift": .string(hold.lift),
            ])
        }
        members.append(OutputValue.Member(key: "holds", value: .array(holds)))
        return .object(members)
    }

    /// One host's plan, within this document and within others.
    static func members(of summary: ChangeSummary, _ forecast: FiringForecast?) -> [OutputValue.Member] {
        let members: KeyValuePairs<String, OutputValue> = [
            "node": .string(summary.node.name), "planHash": .string(summary.planHash),
            "from": summary.from.map(value) ?? .null, "to": value(of: summary.to),
            "counts": counts(summary.count, unchanged: summary.unchanged),
            "changes": .array(summary.rows.map(row)),
            "schedules": .array(summary.schedules.map { schedule($0, forecast) }),
            "untouched": .array(
                summary.quiet.map { quiet in
                    .object([
                        "instance": .string(quiet.instance), "fields": .array(quiet.changes.map(change)),
                    ])
                }),
            "suspended": .array(summary.suspended.map { .string($0) }),
            "rolledBack": .array(
                summary.rolledBack.map { name, failed in
                    .object([
                        "instance": .string(name), "specHash": .string(failed.specHash.hex),
                        "good": .string(failed.good.hex), "reason": .string(failed.failure.reason),
                        "message": .string(failed.failure.message),
                    ])
                }),
            "protected": .array(summary.protected.map { .string($0) }),
        ]
        return members.map { OutputValue.Member(key: $0.key, value: $0.value) }
    }

    static func counts(_ count: (ChangeSummary.Kind) -> Int, unchanged: Int) -> OutputValue {
        .object([
            "start": .int(Int64(count(.start))), "restart": .int(Int64(count(.restart))),
            "stop": .int(Int64(count(.stop))), "live": .int(Int64(count(.live))),
            "reload": .int(Int64(count(.reload))), "unchanged": .int(Int64(unchanged)),
        ])
    }

    static func value(of revision: Revision) -> OutputValue {
        .object([
            "commit": .string(revision.id.hex), "ref": .string(revision.ref),
            "author": .string(revision.author), "subject": .string(revision.subject),
        ])
    }

    private static func row(_ row: ChangeSummary.Row) -> OutputValue {
        .object([
            "action": .string(row.kind.rawValue), "instance": .string(row.instance),
            "replicas": .array(row.indices.map { .int(Int64($0)) }), "reason": .string(row.cause.headline),
            "file": row.cause.place.map { .string($0.file) } ?? .null,
            "line": row.cause.place.map { .int(Int64($0.line)) } ?? .null,
            "fields": .array(row.cause.changes.map(change)), "note": .string(row.note),
        ])
    }

    private static func schedule(_ change: ScheduleChange, _ forecast: FiringForecast?) -> OutputValue {
        .object([
            "action": .string(change.kind.rawValue), "schedule": .string(change.schedule),
            "reason": .string(change.headline), "file": .string(change.place.file),
            "line": .int(Int64(change.place.line)), "fields": .array(change.changes.map(Self.change)),
            "before": change.before.map { timing($0, forecast) } ?? .null,
            "after": change.after.map { timing($0, forecast) } ?? .null,
        ])
    }

    private static func timing(_ timing: ScheduleTiming, _ forecast: FiringForecast?) -> OutputValue {
        .object([
            "trigger": .string(timing.text), "timezone": .string(timing.timezone),
            "suspended": .bool(timing.suspend),
            "next": .array(
                (forecast?.firings(of: timing) ?? []).map { .string(Timestamp($0.due).description) }),
        ])
    }

    private static func change(_ change: FieldChange) -> OutputValue {
        .object([
            "path": .string(change.path), "old": change.old.map { .string($0) } ?? .null,
            "new": change.new.map { .string($0) } ?? .null, "effect": .string(change.effect.rawValue),
            "file": .string(change.place.file), "line": .int(Int64(change.place.line)),
        ])
    }
}
