import ArgumentParser

/// `-o` of lists that may be long.
enum ListFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table, wide, json, yaml, ndjson, csv, name

    /// One thing after another, so that there is no end that has to be waited for.
    var isExport: Bool { self == .ndjson || self == .csv }
}

/// Writes things one by one.
struct Exporter {
    let format: ListFormat
    let columns: [ExportColumn]

    func begin() {
        if format == .csv { Output.line(CSVText.row(columns.map(\.title))) }
    }

    func write(_ items: [OutputValue]) {
        Output.lines(
            items.map { item in
                guard format == .csv else { return JSONText.compact(item) }
                return CSVText.row(columns.map { item.value(at: $0.key)?.plainText ?? "" })
            })
    }
}
