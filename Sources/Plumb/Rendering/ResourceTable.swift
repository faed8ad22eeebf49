import StatusAPI

/// `plumb get`: documents of one kind as a table.
struct ResourceTable {
    let kind: ResourceKind
    let items: [OutputValue]
    let isWide: Bool
    /// The moment that ages are counted to.
    let now: Timestamp

    func lines(width: Int?, paint: Paint) -> [String] {
        let columns = kind.columns.filter { isWide || !$0.isWide }
        var table = Table(
            columns: columns.map {
                .init(title: $0.title, isNumber: [.number, .age, .right].contains($0.form), yield: $0.yield)
            })
        for item in items { table.add(columns.map { cell($0, of: item) }) }
        return table.render(width: width, paint: paint)
    }

    private func cell(_ column: ResourceColumn, of item: OutputValue) -> Table.Cell {
        guard let text = item.text(at: column.keys), !text.isEmpty else {
            return .init(column.form == .text || column.form == .map ? "" : "–", .faint)
        }
        switch column.form {
        case .text, .map, .right: return .init(text)
        case .number:
            // A duration needs no more than tenths to be compared.
            let number = Double(text).flatMap { $0 == $0.rounded() ? nil : ($0 * 10).rounded() / 10 }
            return .init(number.map { String($0) } ?? text)
        case .age: return .init(Timestamp(text).map { Ages.text(from: $0, to: now) } ?? text)
        case .health: return .init(text, HealthStyle.style(text))
        }
    }
}
