import Manifests
import Reconciler

/// The Schedules of a plan, one below the other, each with how its next firings change.
struct ScheduleRows {
    let changes: [ScheduleChange]
    var signs = PlanRows.Signs.plain
    var valueCharactersMax = 60
    let forecast: FiringForecast

    func lines(paint: Paint) -> [String] { changes.flatMap { lines($0, paint) } }

    private func lines(_ change: ScheduleChange, _ paint: Paint) -> [String] {
        let (sign, style) = mark(change.kind)
        let head =
            PrintableText.padded("\(sign) \(change.kind.word)", to: Self.kindColumns)
            + PrintableText.padded(change.schedule, to: nameWidth)
        let blank = String(repeating: " ", count: PrintableText.columns(head))
        var rows: [(what: String, place: Location?)] =
            change.kind == .changed
            ? change.changes.map { ($0.text(valueMax: valueCharactersMax), $0.place) }
            : [(change.headline, change.place)] + change.changes.map { ($0.text, $0.place) }
        rows += forecast.words(of: change).map { ($0, nil) }
        let width = min((rows.map { PrintableText.columns($0.what) }.max() ?? 0) + 2, Self.changeMax)
        return rows.enumerated().map { index, row in
            let what = PrintableText.oneLine(row.what)
            let line = PrintableText.padded(what, to: width) + (row.place?.short ?? "")
            return (index == 0 ? paint(head, style) : blank) + line.trimmedEnd
        }
    }

    private static let kindColumns = 13
    private static let changeMax = 72

    private var nameWidth: Int { (changes.map { PrintableText.columns($0.schedule) }.max() ?? 0) + 2 }

    private func mark(_ kind: ScheduleChange.Kind) -> (String, Style) {
        switch kind {
        case .added: ("+", .good)
        case .changed: (signs == .diff ? "!" : "~", .attention)
        case .removed: ("-", .bad)
        }
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension ScheduleChange.Kind {
    fileprivate var word: String { self == .removed ? "unschedule" : "schedule" }
}

extension [ScheduleChange] {
    /// `2 schedules added, 1 changed`; nil: there are none.
    var countsText: String? {
        let parts = ScheduleChange.Kind.allCases.compactMap { kind -> String? in
            let number = count { $0.kind == kind }
            return number == 0 ? nil : "\(number) \(kind.rawValue)"
        }
        guard let first = parts.first else { return nil }
        let words = first.split(separator: " ")
        let noun = words[0] == "1" ? "schedule" : "schedules"
        return (["\(words[0]) \(noun) \(words[1])"] + parts.dropFirst()).joined(separator: ", ")
    }
}
