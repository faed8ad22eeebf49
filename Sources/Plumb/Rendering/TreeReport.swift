import StatusAPI

/// `plumb tree NAME`: each replica's processes, drawn as a tree.
struct TreeReport {
    let document: ProcessTreeDocument

    func lines(width: Int?, paint: Paint) -> [String] {
        guard !document.replicas.isEmpty else { return ["no replica is meant to run here"] }
        var lines: [String] = []
        for replica in document.replicas {
            if !lines.isEmpty { lines.append("") }
            lines.append(
                paint(replica.name, .strong) + "  "
                    + paint(replica.phase, HealthStyle.style(phase: replica.phase))
                    + (replica.runId.map { "  run \($0)" } ?? ""))
            if !replica.processes.isEmpty { lines += table(replica).render(width: width, paint: paint) }
        }
        return lines
    }

    private func table(_ replica: ReplicaTreeDocument) -> Table {
        var table = Table(columns: [
            .init(title: "PID", isNumber: true), .init(title: "USER"), .init(title: "CPU", isNumber: true),
            .init(title: "MEMORY", isNumber: true), .init(title: "AGE", isNumber: true),
            .init(title: "COMMAND", yield: 1),
        ])
        for (process, branch) in Self.branches(replica) {
            let command = process.command.joined(separator: " ")
            let note = process.state == "Z" ? " (zombie)" : process.state == "T" ? " (stopped)" : ""
            table.add([
                .init("\(process.pid)", process.pid == replica.pid ? .strong : .plain),
                .init(process.user), .init(QuantityText.seconds(process.cpuSeconds)),
                .init(QuantityText.size(process.memoryBytes)),
                .init(Ages.text(from: process.startedAt, to: document.observedAt)),
                .init(branch + command + note),
            ])
        }
        return table
    }

    /// The processes in their order, each with the lines that join it to its parent.
    static func branches(_ replica: ReplicaTreeDocument) -> [(process: ProcessDocument, branch: String)] {
        let known = Set(replica.processes.map(\.pid))
        let children = Dictionary(grouping: replica.processes, by: \.parent)
        var result: [(process: ProcessDocument, branch: String)] = []
        var open: [(process: ProcessDocument, before: String, branch: String)] = []
        open = replica.processes.filter { !known.contains($0.parent) }.reversed().map { ($0, "", "") }
        while let next = open.popLast() {
            result.append((next.process, next.branch))
            let below = children[next.process.pid] ?? []
            for (index, child) in below.enumerated().reversed() {
                let isLast = index == below.count - 1
                open.append(
                    (child, next.before + (isLast ? "   " : "│  "), next.before + (isLast ? "└─ " : "├─ ")))
            }
        }
        return result
    }
}
