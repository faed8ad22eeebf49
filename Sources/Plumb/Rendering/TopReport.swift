/// `plumb top`: a line for each replica, and above them what all use together.
struct TopReport {
    let replicas: [OutputValue]
    /// Those that are not shown count too.
    let all: [OutputValue]

    func lines(width: Int?, paint: Paint) -> [String] {
        var table = Table(columns: [
            .init(title: "REPLICA"), .init(title: "CPU", isNumber: true),
            .init(title: "MEMORY", isNumber: true),
            .init(title: "PEAK", isNumber: true, yield: 1), .init(title: "TASKS", isNumber: true),
            .init(title: "FDS", isNumber: true), .init(title: "READ", isNumber: true, yield: 3),
            .init(title: "WRITTEN", isNumber: true, yield: 4),
            .init(title: "CPU TIME", isNumber: true, yield: 2),
            .init(title: "UNIT", yield: 5),
        ])
        for replica in replicas { table.add(row(replica)) }
        return [heading] + [""] + table.render(width: width, paint: paint)
    }

    private var heading: String {
        let cores = sum("cpuCores").map(QuantityText.cores) ?? "–"
        let memory = sum("memoryBytes").map { QuantityText.size(UInt64($0)) } ?? "–"
        let hidden = all.count > replicas.count ? ", \(replicas.count) shown" : ""
        return "\(all.count) replica\(all.count == 1 ? "" : "s")\(hidden): \(cores) cores, \(memory)"
    }

    /// nil where nobody knows.
    private func sum(_ key: String) -> Double? {
        let values = all.compactMap { $0.number(at: "usage." + key) }
        return values.isEmpty ? nil : values.reduce(0, +)
    }

    private func row(_ replica: OutputValue) -> [Table.Cell] {
        func number(_ key: String) -> Double? { replica.number(at: "usage." + key) }
        func size(_ key: String, of limit: String? = nil) -> Table.Cell {
            guard let value = number(key) else { return "–" }
            let bound = limit.flatMap { replica.text(at: ["limits." + $0]) }.map { "/" + $0 } ?? ""
            return .init(QuantityText.size(UInt64(max(value, 0))) + bound)
        }
        let cpu = replica.text(at: ["limits.cpu"]).map { "/" + $0 } ?? ""
        return [
            .init(replica.text(at: ["name"]) ?? "", .strong),
            .init(number("cpuCores").map { QuantityText.cores($0) + cpu } ?? "–"),
            size("memoryBytes", of: "memory"), size("memoryPeakBytes"),
            .init(replica.text(at: ["usage.tasks"]) ?? "–"),
            .init(replica.text(at: ["usage.descriptors"]) ?? "–"),
            size("ioReadBytes"), size("ioWrittenBytes"),
            .init(number("cpuSeconds").map(QuantityText.seconds) ?? "–"),
            .init(replica.text(at: ["unit"]) ?? ""),
        ]
    }
}
