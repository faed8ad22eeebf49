import StatusAPI

/// `plumb schedules`: each with its next and its last time, the worst first.
struct ScheduleTable {
    let schedules: [ScheduleDocument]
    var isWide = false
    /// The moment that distances are counted from.
    let now: Timestamp

    func lines(width: Int?, paint: Paint) -> [String] {
        var columns: [Table.Column] = [
            .init(title: "SCHEDULE"), .init(title: "STATE"), .init(title: "NEXT", isNumber: true),
            .init(title: "AT", yield: 3), .init(title: "LAST"), .init(title: "AGO", isNumber: true),
            .init(title: "TRIGGER", yield: 2), .init(title: "ACTION", yield: 4),
            .init(title: "REASON", yield: 5),
        ]
        if isWide {
            columns.insert(.init(title: "TIMEZONE"), at: 4)
            columns += [.init(title: "LABELS"), .init(title: "DECLARED AT")]
        }
        // On a narrow terminal the reason is worth more than what the declaration says as well.
        let isNarrow = !isWide && (width ?? .max) < Self.wholeColumns
        let left = columns.indices.filter { !isNarrow || !Self.spared.contains(columns[$0].title) }
        var table = Table(columns: left.map { columns[$0] })
        for schedule in schedules.sorted(by: ScheduleSummaryDocument.isWorse) {
            let cells = row(schedule)
            table.add(left.map { cells[$0] })
        }
        return table.render(width: width, paint: paint)
    }

    private static let wholeColumns = 110
    private static let spared: Set<String> = ["AT", "TRIGGER", "ACTION"]

    private func row(_ schedule: ScheduleDocument) -> [Table.Cell] {
        let word = ScheduleStyle.word(schedule)
        let next = schedule.next
        var cells: [Table.Cell] = [
            .init(schedule.name, .strong), .init(word, ScheduleStyle.style(state: word)),
            .init(next.map { MomentText.distance($0.dueAt ?? $0.at, now: now) } ?? "–"),
            .init(next.map(\.clock) ?? ""),
            .init(
                schedule.last?.state ?? "–", ScheduleStyle.style(state: schedule.last?.state ?? "elsewhere")),
            .init(schedule.last.map { Ages.text(from: $0.endedAt ?? $0.claimedAt, to: now) } ?? ""),
            .init(schedule.trigger ?? ""), .init(schedule.action ?? ""),
            .init(schedule.message.isEmpty ? next?.note ?? "" : schedule.message),
        ]
        if isWide {
            let labels = schedule.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            cells.insert(.init(schedule.timezone ?? ""), at: 4)
            cells += [.init(labels.joined(separator: " ")), .init(schedule.declaredAt)]
        }
        return cells
    }
}
