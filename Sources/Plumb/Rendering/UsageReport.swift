import StatusAPI

/// What the replicas of an Instance use, each beside its limit.
struct UsageReport {
    let replicas: [ReplicaDocument]

    func lines(width: Int?, paint: Paint) -> [String] {
        let used = replicas.compactMap { replica in replica.usage.map { (replica, $0) } }
        guard !used.isEmpty else { return [] }
        var table = Table(columns: [
            .init(title: "USAGE"), .init(title: "CPU", isNumber: true),
            .init(title: "MEMORY", isNumber: true), .init(title: "PEAK", isNumber: true, yield: 1),
            .init(title: "TASKS", isNumber: true), .init(title: "FDS", isNumber: true),
            .init(title: "READ", isNumber: true, yield: 3), .init(title: "WRITTEN", isNumber: true, yield: 4),
            .init(title: "CPU TIME", isNumber: true, yield: 2),
            .init(title: "KILLED FOR MEMORY", isNumber: true, yield: 5),
        ])
        for (replica, usage) in used { table.add(row(replica, usage)) }
        return [""] + table.render(width: width, paint: paint)
    }

    private func row(_ replica: ReplicaDocument, _ usage: UsageDocument) -> [Table.Cell] {
        let limits = replica.limits ?? [:]
        func cell(_ value: String?, of limit: String? = nil) -> Table.Cell {
            guard let value else { return "–" }
            return .init(value + (limit.map { "/" + $0 } ?? ""))
        }
        let kills = usage.memoryKills ?? 0
        return [
            .init(replica.name, .strong),
            cell(usage.cpuCores.map(QuantityText.cores), of: limits["cpu"]),
            cell(usage.memoryBytes.map(QuantityText.size), of: limits["memory"]),
            cell(usage.memoryPeakBytes.map(QuantityText.size)),
            cell(usage.tasks.map(String.init), of: limits["pids"]),
            cell(usage.descriptors.map(String.init)),
            cell(usage.ioReadBytes.map(QuantityText.size)),
            cell(usage.ioWrittenBytes.map(QuantityText.size)),
            cell(usage.cpuSeconds.map(QuantityText.seconds)),
            .init(kills > 0 ? "\(kills)" : "", .bad),
        ]
    }
}
