import Reconciler
import StatusAPI

/// `plumb runs`: the newest first, those that were never started among them.
struct ScheduledRunTable {
    let runs: [RunDocument]
    let now: Timestamp

    func lines(width: Int?, paint: Paint) -> [String] {
        var table = Table(columns: [
            .init(title: "RUN"), .init(title: "SCHEDULE"), .init(title: "TIME", yield: 2),
            .init(title: "AGO", isNumber: true), .init(title: "STATE"),
            .init(title: "LATE", isNumber: true, yield: 3), .init(title: "TOOK", isNumber: true),
            .init(title: "TRY", isNumber: true, yield: 4), .init(title: "REASON", yield: 5),
        ])
        for run in runs { table.add(row(run)) }
        return table.render(width: width, paint: paint)
    }

    private func row(_ run: RunDocument) -> [Table.Cell] {
        let nominal = run.nominalAt ?? run.claimedAt
        let took = run.isOver ? run.seconds : run.startedAt.map { Self.seconds(from: $0, to: now) }
        return [
            .init(run.runId), .init(run.schedule ?? "", .strong), .init(run.nominalClock),
            .init(nominal > now ? MomentText.distance(nominal, now: now) : Ages.text(from: nominal, to: now)),
            .init(run.state, ScheduleStyle.style(state: run.state)),
            .init(run.lateSeconds.map(Self.late) ?? ""),
            .init(took.map(QuantityText.seconds) ?? "–"),
            .init((run.attempt ?? 1) > 1 ? String(run.attempt ?? 1) : ""),
            // That it went well is said by its state.
            .init(run.state == "succeeded" && run.reason == run.exit?.text ? "" : run.reason),
        ]
    }

    /// A tenth of a second is on time, for whoever reads a table.
    private static func late(_ seconds: Double) -> String {
        if seconds < 0 { return "-" + QuantityText.seconds(-seconds) }
        return seconds < 0.1 ? "" : QuantityText.seconds(seconds)
    }

    private static func seconds(from start: Timestamp, to end: Timestamp) -> Double {
        Double(max(0, end.wall.nanoseconds - start.wall.nanoseconds) / 1_000_000) / 1_000
    }
}
