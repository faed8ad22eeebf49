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
        if kept.count < limit {
            kept.append(diagnostic)
            return
        }
        dropped += 1
        // Warnings make room for errors.
        if diagnostic.isError, let warning = kept.lastIndex(where: { !$0.isError }) {
            kept[warning] = diagnostic
        }
    }

    /// Errors that were found and dropped elsewhere still count.
    mutating func addDropped(errors: Int) { errorCount += errors }

    mutating func add(contentsOf diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { add(diagnostic) }
    }

    /// By file and place, each once.
    func sorted() -> [Diagnostic] {
        if kept.isEmpty { return [] }
        var seen: Set<Diagnostic> = []
        var result = kept.filter { seen.insert($0).inserted }.sorted()
        hideSecrets(in: &result)
        return result
    }

    /// A secret that was written plainly is not shown, by whatever else is wrong in its line neither.
    private func hideSecrets(in diagnostics: inout [Diagnostic]) {
        struct Line: Hashable {
            var file: String
            var line: Int
        }
        func line(_ diagnostic: Diagnostic) -> Line {
            Line(file: diagnostic.location.file, line: diagnostic.location.line)
        }
        let secret = Set(diagnostics.lazy.filter { $0.code == .plainSecret }.map(line))
        guard !secret.isEmpty else { return }
        for index in diagnostics.indices where secret.contains(line(diagnostics[index])) {
            diagnostics[index].showsSource = false
        }
    }
}
