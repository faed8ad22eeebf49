/// Collects findings up to a bound: decoding never stops at the first.
struct DiagnosticCollector: Sendable {
    private(set) var kept: [Diagnostic] = []
    /// How many were found beyond the bound.
    private(set) var dropped = 0
    /// Errors found, dropped ones included.
    private(set) var errorCount = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func add(_ diagnostic: Diagnostic) {
        if diagnostic.isError { errorCount += 1 }
        if kept.count < limit { kept.append(diagnostic) } else { dropped += 1 }
    }

    mutating func add(contentsOf diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { add(diagnostic) }
    }

    /// By file and place, each once.
    func sorted() -> [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return kept.filter { seen.insert($0).inserted }.sorted()
    }
}
