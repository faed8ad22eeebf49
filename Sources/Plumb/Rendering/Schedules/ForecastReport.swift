import Reconciler
import StatusAPI

/// What Schedules are going to do, as a table and for programs.
struct ForecastReport {
    let forecast: Forecast
    let question: ForecastQuestion
    let now: WallTime

    static let columns: [ExportColumn] = [
        .init("schedule"), .init("at"), .init("dueAt"), .init("local"), .init("outcome"), .init("note"),
    ]

    // MARK: - For programs

    var entries: [OutputValue] {
        forecast.entries.map { entry in
            var members: [OutputValue.Member] = [
                .init(key: "schedule", value: .string(entry.schedule)),
                .init(key: "at", value: Self.time(entry.firing.nominal)),
            ]
            if entry.firing.due != entry.firing.nominal {
                members.append(.init(key: "dueAt", value: Self.time(entry.firing.due)))
            }
            members.append(.init(key: "local", value: .string(Self.rfc3339(entry.local))))
            members.append(.init(key: "outcome", value: .string(entry.outcome.rawValue)))
            if !entry.notes.isEmpty {
                members.append(.init(key: "note", value: .string(entry.notes.joined(separator: "; "))))
            }
            return .object(members)
        }
    }

    var value: OutputValue {
        let silent = forecast.silent.sorted { $0.key < $1.key }
            .map { OutputValue.Member(key: $0.key, value: .string($0.value)) }
        return .object([
            "kind": .string("Forecast"), "from": Self.time(question.range.lowerBound),
            "to": Self.time(question.range.upperBound), "items": .array(entries), "silent": .object(silent),
            "hasMore": .bool(forecast.hasMore),
        ])
    }

    private static func time(_ time: WallTime) -> OutputValue { .string(Timestamp(time).description) }

    /// `2026-11-22T03:00:00+01:00` of `2026-11-22 03:00:00 +01:00`.
    private static func rfc3339(_ local: String) -> String {
        let parts = local.split(separator: " ")
        return parts.count == 3 ? "\(parts[0])T\(parts[1])\(parts[2])" : local
    }

    // MARK: - For people

    func lines(width: Int?, paint: Paint) -> [String] {
        var lines: [String] = []
        if !forecast.entries.isEmpty {
            var table = Table(columns: [
                .init(title: "TIME"), .init(title: "IN", isNumber: true), .init(title: "SCHEDULE"),
                .init(title: "OUTCOME"), .init(title: "NOTE", yield: 1),
            ])
            for entry in forecast.entries { table.add(row(entry)) }
            lines = table.render(width: width, paint: paint)
        }
        if forecast.hasMore {
            lines.append(
                paint("There is more: ask for a shorter time, or with --limit for more.", .attention))
        }
        if !forecast.silent.isEmpty {
            if !lines.isEmpty { lines.append("") }
            lines += forecast.silent.sorted { $0.key < $1.key }.map {
                PrintableText.oneLine("\($0.key): \($0.value)")
            }
        }
        return lines.isEmpty ? ["no Schedule is declared"] : lines
    }

    private func row(_ entry: ForecastEntry) -> [Table.Cell] {
        let (ahead, overflow) = entry.firing.due.nanoseconds.subtractingReportingOverflow(now.nanoseconds)
        let distance = overflow ? "" : ahead < 0 ? "past" : Duration.nanoseconds(ahead).rough
        return [
            .init(entry.local.replacing(" +00:00", with: " UTC")), .init(distance),
            .init(entry.schedule, .strong), .init(word(entry.outcome), style(entry.outcome)),
            .init(entry.notes.joined(separator: "; ")),
        ]
    }

    private func word(_ outcome: ForecastEntry.Outcome) -> String {
        switch outcome {
        case .runs: "runs"
        case .leftOut: "left out"
        case .suspended: "suspended"
        case .windowClosed: "window closed"
        case .forbidden: "forbidden"
        }
    }

    private func style(_ outcome: ForecastEntry.Outcome) -> Style {
        switch outcome {
        case .runs: .good
        case .suspended, .windowClosed: .faint
        case .leftOut, .forbidden: .attention
        }
    }
}
