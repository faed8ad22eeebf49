import Manifests
import Reconciler

/// What `plumb diff` prints.
struct PlanReport {
    let summary: ChangeSummary
    /// False: the plan counts every declaration, whatever its `nodes` say.
    let knowsNode: Bool
    /// What the agent's gates would make of it; nil: nothing, or nobody knows.
    var held: HeldRevision?

    func lines(width: Int?, paint: Paint) -> [String] {
        var lines = [title, counts]
        if !summary.rows.isEmpty { lines.append("") }
        let changeWidth = changeWidth(within: width)
        for row in summary.rows { lines += rowLines(row, changeWidth, paint) }
        lines += notes(paint)
        return lines
    }

    private var title: String {
        let from = summary.from.map { "\($0.short) → " } ?? ""
        let author = summary.to.ref == RevisionLoader.worktree ? "" : " by \(summary.to.byline)"
        return "Plan for \(summary.node.name): \(from)\(summary.to.short)\(author)"
    }

    private var counts: String {
        let live = summary.count(.live) + summary.count(.reload)
        let text =
            "\(summary.count(.start)) to start, \(summary.count(.restart)) to restart, "
            + "\(summary.count(.stop)) to stop, \(live) live \(live == 1 ? "change" : "changes"), "
            + "\(summary.unchanged) unchanged"
        return PrintableText.padded(text, to: Self.hashColumn) + "plan \(summary.planHash)"
    }

    private static let hashColumn = 74

    /// One line for the first field, one more for each other.
    private func rowLines(_ row: ChangeSummary.Row, _ changeWidth: Int, _ paint: Paint) -> [String] {
        let (sign, style) = row.kind.mark
        let head =
            PrintableText.padded("\(sign) \(row.kind.rawValue)", to: 11)
            + PrintableText.padded(row.replicas, to: nameWidth)
        let changes = row.cause.changes
        guard !changes.isEmpty else {
            return [line(paint(head, style), row.cause.headline, changeWidth, row.cause.place, row.note)]
        }
        return changes.enumerated().map { index, change in
            let first = index == 0
            let blank = String(repeating: " ", count: PrintableText.columns(head))
            return line(
                first ? paint(head, style) : blank, change.text, changeWidth, change.place,
                first ? row.note : "")
        }
    }

    private func line(
        _ head: String, _ what: String, _ changeWidth: Int, _ place: Location?, _ note: String
    ) -> String {
        let shown = PrintableText.shortened(PrintableText.oneLine(what), to: changeWidth - 2)
        var line = head + PrintableText.padded(shown, to: changeWidth)
        line += place?.short ?? ""
        if !note.isEmpty { line += "   " + note }
        return line
    }

    private var nameWidth: Int {
        (summary.rows.map { PrintableText.columns($0.replicas) }.max() ?? 0) + 2
    }

    /// As wide as the longest change, or as the terminal leaves room for beside places of usual length.
    private func changeWidth(within width: Int?) -> Int {
        let room = width.map { max(Self.changeMin, $0 - 11 - nameWidth - Self.placeUsual) } ?? Int.max
        let texts = summary.rows.flatMap { row in
            row.cause.changes.isEmpty ? [row.cause.headline] : row.cause.changes.map(\.text)
        }
        return min((texts.map { PrintableText.columns($0) }.max() ?? 0) + 2, room)
    }

    private static let changeMin = 24
    private static let placeUsual = 28

    private func notes(_ paint: Paint) -> [String] {
        var notes: [String] = []
        for quiet in summary.quiet {
            let fields = quiet.changes.map(\.text).joined(separator: ", ")
            notes.append("note: \(quiet.instance): \(fields) touches no process")
        }
        for name in summary.suspended {
            notes.append("note: \(name) is suspended: its changes wait until spec.suspend is false")
        }
        for name in summary.protected {
            notes.append(
                "note: \(name) is declared no longer, and prune: protect keeps it: declare it again with "
                    + "prune: allow, and remove it then")
        }
        for hold in held?.holds ?? [] { notes.append("note: it would be held: \(hold.text)") }
        if !knowsNode { notes.append("note: nodes are not checked; name one with --node and --node-label") }
        if summary.rows.isEmpty && summary.quiet.isEmpty { notes.insert("nothing to do", at: 0) }
        return notes.isEmpty ? [] : [""] + notes.map { paint($0, .faint) }
    }
}

extension PlanReport {
    /// What `-o json` and `-o yaml` print.
    var value: OutputValue {
        .object([
            "apiVersion": .string(OutputVersion.current), "kind": "Plan", "node": .string(summary.node.name),
            "planHash": .string(summary.planHash), "from": summary.from.map(Self.revision) ?? .null,
            "to": Self.revision(summary.to),
            "counts": .object([
                "start": .int(Int64(summary.count(.start))), "restart": .int(Int64(summary.count(.restart))),
                "stop": .int(Int64(summary.count(.stop))), "live": .int(Int64(summary.count(.live))),
                "reload": .int(Int64(summary.count(.reload))), "unchanged": .int(Int64(summary.unchanged)),
            ]),
            "changes": .array(summary.rows.map(Self.row)),
            "untouched": .array(
                summary.quiet.map { quiet in
                    .object([
                        "instance": .string(quiet.instance), "fields": .array(quiet.changes.map(Self.change)),
                    ])
                }),
            "suspended": .array(summary.suspended.map { .string($0) }),
            "protected": .array(summary.protected.map { .string($0) }), "nodesChecked": .bool(knowsNode),
            "holds": .array(
                (held?.holds ?? []).map { hold in
                    .object([
                        "reason": .string(hold.kind.rawValue), "message": .string(hold.message),
                        "lift": .string(hold.lift),
                    ])
                }),
        ])
    }

    private static func revision(_ revision: Revision) -> OutputValue {
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

    private static func change(_ change: FieldChange) -> OutputValue {
        .object([
            "path": .string(change.path), "old": change.old.map { .string($0) } ?? .null,
            "new": change.new.map { .string($0) } ?? .null, "effect": .string(change.effect.rawValue),
            "file": .string(change.place.file), "line": .int(Int64(change.place.line)),
        ])
    }
}

extension ChangeSummary.Kind {
    fileprivate var mark: (String, Style) {
        switch self {
        case .start: ("+", .good)
        case .restart, .live, .reload: ("~", .attention)
        case .stop: ("-", .bad)
        }
    }
}

extension PrintableText {
    /// Blanks up to a column; one at least.
    fileprivate static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - columns(text)))
    }
}
