/// One metric with all its samples, as the Prometheus text format 0.0.4 and OpenMetrics have it.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    struct Sample: Sendable {
        /// Names are ours and sorted as they are given; values are escaped when they are written.
        var labels: [(name: String, value: String)]
        var value: Double
        /// `_bucket`, `_sum`, `_count` of a histogram.
        var suffix = ""
    }

    /// Counters end in `_total`, and what has a unit in the unit: `_seconds`, `_bytes`.
    let name: String
    let kind: Kind
    let help: String
    private(set) var samples: [Sample] = []

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// nil is not known, and leaves no sample: 0 would be a lie.
    mutating func add(
        _ value: Double?, _ labels: KeyValuePairs<String, String> = [:], suffix: String = ""
    ) {
        add(value, labels.map { ($0.key, $0.value) }, suffix: suffix)
    }

    mutating func add(_ value: Double?, _ labels: [(String, String)], suffix: String) {
        guard let value else { return }
        samples.append(Sample(labels: labels.map { ($0.0, $0.1) }, value: value, suffix: suffix))
    }

    mutating func add(_ histogram: AgentMeters.Histogram, _ labels: KeyValuePairs<String, String> = [:]) {
        let own = labels.map { (name: $0.key, value: $0.value) }
        var total: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let end = index < histogram.bounds.count ? "\(histogram.bounds[index])" : "+Inf"
            samples.append(Sample(labels: own + [("le", end)], value: Double(total), suffix: "_bucket"))
        }
        add(histogram.sum, labels, suffix: "_sum")
        add(total, labels, suffix: "_count")
    }

    mutating func add(
        _ value: UInt64?, _ labels: KeyValuePairs<String, String> = [:], suffix: String = ""
    ) {
        add(value.map { Double($0) }, labels, suffix: suffix)
    }

    mutating func add(_ value: Int?, _ labels: KeyValuePairs<String, String> = [:]) {
        add(value.map { Double($0) }, labels)
    }
}

extension [MetricFamily] {
    /// The whole page. A family without samples is left out.
    var exposition: String { page(isOpen: false) }

    /// The same as OpenMetrics 1.0 has it: counters are named without their ending, and the end is marked.
    var openMetrics: String { page(isOpen: true) + "# EOF\n" }

    private func page(isOpen: Bool) -> String {
        var text = ""
        for family in self where !family.samples.isEmpty {
            let isBare = isOpen && family.kind == .counter && family.name.hasSuffix("_total")
            let name = isBare ? String(family.name.dropLast("_total".count)) : family.name
            text += "# HELP \(name) \(Self.escaped(help: family.help))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name + sample.suffix
                if !sample.labels.isEmpty {
                    let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped(label: $0.value))\"" }
                    text += "{" + labels.joined(separator: ",") + "}"
                }
                text += " \(Self.number(sample.value))\n"
            }
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        return String(value)
    }

    private static func escaped(help: String) -> String {
        help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func escaped(label: String) -> String {
        escaped(help: label).replacing("\"", with: "\\\"")
    }
}
