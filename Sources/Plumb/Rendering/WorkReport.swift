import StatusAPI

/// `plumb plan`: what is under way, and each wait with what ends it.
struct WorkReport {
    let plan: OutputValue
    let now: Timestamp

    func lines(width: Int?, paint: Paint) -> [String] {
        let node = plan.text(at: ["node"]) ?? ""
        let revision = plan.text(at: ["revision.short"]).map { "  " + $0 } ?? ""
        var lines = [
            paint(PrintableText.oneLine(node), .strong) + PrintableText.oneLine(revision),
            PrintableText.oneLine(plan.text(at: ["message"]) ?? ""),
        ]
        if let held = plan.text(at: ["held.message"]) {
            lines.append(paint("Held", .bad) + ": " + PrintableText.oneLine(held))
        }
        let (doing, waiting) = (plan.value(at: "doing")?.items ?? [], plan.value(at: "waiting")?.items ?? [])
        if !doing.isEmpty { lines += [""] + table(doing).render(width: width, paint: paint) }
        if !waiting.isEmpty { lines += [""] + waits(waiting).render(width: width, paint: paint) }
        return lines
    }

    private func table(_ doing: [OutputValue]) -> Table {
        var table = Table(columns: [
            .init(title: "DOING"), .init(title: "REPLICA"), .init(title: "SINCE", isNumber: true),
            .init(title: "WHAT", yield: 1),
        ])
        for item in doing {
            table.add([
                .init(item.text(at: ["action"]) ?? "", .strong),
                .init(item.text(at: ["replica", "instance"]) ?? ""),
                .init(
                    item.text(at: ["since"]).flatMap(Timestamp.init).map { Ages.text(from: $0, to: now) }
                        ?? "–"),
                .init(item.text(at: ["message"]) ?? ""),
            ])
        }
        return table
    }

    private func waits(_ waiting: [OutputValue]) -> Table {
        var table = Table(columns: [
            .init(title: "WAITING"), .init(title: "REPLICA"), .init(title: "UNTIL", isNumber: true),
            .init(title: "WHY", yield: 1), .init(title: "WHAT ENDS IT", yield: 2),
        ])
        for item in waiting {
            let until = item.text(at: ["until"]).flatMap(Timestamp.init)
            table.add([
                .init(item.text(at: ["reason"]) ?? "", .attention),
                .init(item.text(at: ["replica", "instance"]) ?? ""),
                .init(until.map { $0 > now ? "in " + Ages.text(from: now, to: $0) : "now" } ?? "–"),
                .init(item.text(at: ["message"]) ?? ""), .init(item.text(at: ["lift"]) ?? ""),
            ])
        }
        return table
    }
}
