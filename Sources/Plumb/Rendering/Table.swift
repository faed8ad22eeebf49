/// Rows under headings that fit a terminal: what matters least is shortened first.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        var isNumber = false
        /// 0 is never shortened; the highest is shortened first, and left out when that is not enough.
        var yield = 0
    }

    struct Cell: Sendable, ExpressibleByStringLiteral {
        var text: String
        var style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = PrintableText.oneLine(text)
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    var columns: [Column]
    private(set) var rows: [[Cell]] = []

    private static let gap = 2
    /// A column that yields is never shorter than this.
    private static let columnsMin = 6

    init(columns: [Column]) { self.columns = columns }

    /// One cell a column.
    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has one cell for each column")
        rows.append(cells)
    }

    /// Lines without their ends; `width` nil shortens nothing.
    func render(width: Int?, paint: Paint) -> [String] {
        let widths = widths(within: width)
        let headings = columns.map { Cell($0.title, .strong) }
        return ([headings] + rows).map { line($0, widths, paint) }
    }

    private func line(_ cells: [Cell], _ widths: [Int?], _ paint: Paint) -> String {
        var line = ""
        var blanks = 0
        for (index, cell) in cells.enumerated() {
            guard let width = widths[index] else { continue }
            let text = PrintableText.shortened(cell.text, to: width)
            let padding = width - PrintableText.columns(text)
            if columns[index].isNumber { blanks += padding }
            // Blanks are written only before something: no line ends with them.
            if !text.isEmpty {
                line += String(repeating: " ", count: blanks) + paint(text, cell.style)
                blanks = 0
            }
            blanks += (columns[index].isNumber ? 0 : padding) + Self.gap
        }
        return line
    }

    /// Each column's width; nil leaves it out.
    private func widths(within limit: Int?) -> [Int?] {
        var widths: [Int?] = columns.indices.map { index in
            // A column that may yield, and says nothing in any row, only takes room.
            if columns[index].yield > 0, !rows.isEmpty, rows.allSatisfy({ $0[index].text.isEmpty }) {
                return nil
            }
            return rows.reduce(PrintableText.columns(columns[index].title)) {
                max($0, PrintableText.columns($1[index].text))
            }
        }
        guard let limit else { return widths }
        let yielding = columns.indices.filter { columns[$0].yield > 0 }.sorted {
            columns[$0].yield > columns[$1].yield
        }
        for index in yielding {
            let excess = Self.total(widths) - limit
            guard excess > 0, let width = widths[index] else { continue }
            widths[index] = max(min(width, Self.columnsMin), width - excess)
        }
        for index in yielding where Self.total(widths) > limit { widths[index] = nil }
        return widths
    }

    private static func total(_ widths: [Int?]) -> Int {
        let shown = widths.compactMap { $0 }
        return shown.reduce(0, +) + gap * max(0, shown.count - 1)
    }
}
