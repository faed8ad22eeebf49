import StatusAPI

/// `plumb sandbox NAME`: each replica's sandbox, item by item.
struct SandboxReport {
    let document: SandboxDocument

    func lines(width: Int?, paint: Paint) -> [String] {
        guard !document.replicas.isEmpty else { return ["no replica is meant to run here"] }
        var lines: [String] = []
        for replica in document.replicas {
            if !lines.isEmpty { lines.append("") }
            lines.append(heading(replica, paint))
            if let degraded = replica.degraded {
                lines.append(paint(PrintableText.oneLine(degraded), .attention))
            }
            if !replica.items.isEmpty { lines += table(replica).render(width: width, paint: paint) }
        }
        return lines
    }

    private func heading(_ replica: ReplicaSandboxDocument, _ paint: Paint) -> String {
        let name = paint(replica.name, .strong)
        guard let level = replica.level, let pid = replica.pid else {
            return "\(name)  \(replica.phase)  has no process to look at"
        }
        return "\(name)  level \(level)  pid \(pid)"
    }

    private func table(_ replica: ReplicaSandboxDocument) -> Table {
        var table = Table(columns: [
            .init(title: "ITEM"), .init(title: "DECLARED", yield: 1), .init(title: "IN FORCE"),
            .init(title: "SEEN", yield: 2),
        ])
        for item in replica.items {
            table.add([
                .init(item.item), .init(item.declared), Self.verdict(item.inForce), .init(item.evidence),
            ])
        }
        return table
    }

    private static func verdict(_ text: String) -> Table.Cell {
        switch text {
        case "yes": .init("yes")
        case "no": .init("NO", .attention)
        case "atStart": .init("at start")
        case "off": .init("off", .faint)
        default: .init(text, .attention)
        }
    }
}
