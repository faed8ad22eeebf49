import Manifests
import Reconciler

/// The changes of a plan, one below the other.
struct PlanRows {
    /// Which signs stand before them.
    enum Signs {
        /// `+`, `~`, `-`.
        case plain
        /// Those that a block of the language `diff` is coloured by.
        case diff
    }
    let rows: [ChangeSummary.Row]
    var signs = Signs.plain
    /// Of a field's value, how much is shown.
    var valueCharactersMax = 60

    /// One line for the first field of each change, one more for each other.
    func lines(width: Int?, paint: Paint) -> [String] {
        let changeWidth = changeWidth(within: width)
        return rows.flatMap { lines($0, changeWidth, paint) }
    }

    private func lines(_ row: ChangeSummary.Row, _ changeWidth: Int, _ paint: Paint) -> [String] {
        let (sign, style) = mark(row.kind)
        let head =
            PrintableText.padded("\(sign) \(row.kind.rawValue)", to: Self.kindColumns)
            + PrintableText.padded(row.replicas, to: nameWidth)
        let changes = row.cause.changes
        guard !changes.isEmpty else {
            return [line(paint(head, style), row.cause.headline, changeWidth, row.cause.place, row.note)]
        }
        return changes.enumerated().map { index, change in
            let first = index == 0
            let blank = String(repeating: " ", count: PrintableText.columns(head))
            return line(
                first ? paint(head, style) : blank, change.text(valueMax: valueCharactersMax), changeWidth,
                change.place, first ? row.note : "")
        }
    }

    private func line(
        _ head: String, _ what: String, _ changeWidth: Int, _ place: Location?, _ note: String
    ) -> String {
        let safe = PrintableText.oneLine(what)
        let shown = signs == .diff ? safe : PrintableText.shortened(safe, to: changeWidth - 2)
        var line = head + PrintableText.padded(shown, to: changeWidth)
        line += place?.short ?? ""
        if !note.isEmpty { line += "   " + note }
        return line
    }

    private static let kindColumns = 11
    private static let changeMin = 24
    private static let changeUsual = 48
    private static let placeUsual = 28

    private var nameWidth: Int {
        (rows.map { PrintableText.columns($0.replicas) }.max() ?? 0) + 2
    }

    /// As wide as the longest change, or as the terminal leaves room for beside places of usual length.
    private func changeWidth(within width: Int?) -> Int {
        // In a comment a long value pushes nothing but its own place to the right.
        let room =
            signs == .diff
            ? Self.changeUsual
            : width.map {
                max(Self.changeMin, $0 - Self.kindColumns - nameWidth - Self.placeUsual)
            }
        let texts = rows.flatMap { row in
            row.cause.changes.isEmpty
                ? [row.cause.headline] : row.cause.changes.map { $0.text(valueMax: valueCharactersMax) }
        }
        return min((texts.map { PrintableText.columns($0) }.max() ?? 0) + 2, room ?? Int.max)
    }

    private func mark(_ kind: ChangeSummary.Kind) -> (String, Style) {
        switch kind {
        case .start: ("+", .good)
        case .restart, .live, .reload: (signs == .diff ? "!" : "~", .attention)
        case .stop: ("-", .bad)
        }
    }
}

extension PrintableText {
    /// Blanks up to a column; one at least.
    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - columns(text)))
    }
}
