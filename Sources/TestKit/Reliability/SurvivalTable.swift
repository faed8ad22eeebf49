import Glibc
import Synchronization

/// What was survived in this process, printed when it ends: scenario, tries, result.
enum SurvivalTable {
    private struct Line {
        var tries = 0
        var isTried = false
        var isFailed = false
        var seeds: [UInt64] = []
    }
    private struct Scenario: Hashable {
        var peril: Peril
        var detail: String
    }
    private static let lines = Mutex<[Scenario: Line]>([:])
    /// Evaluated once, with the first line.
    private static let printing: Void = { atexit { SurvivalTable.write() } }()

    static func announce(_ peril: Peril, _ detail: String) {
        _ = printing
        lines.withLock { lines in
            let scenario = Scenario(peril: peril, detail: detail)
            lines[scenario] = lines[scenario] ?? Line()
        }
    }

    static func enter(_ peril: Peril, _ detail: String, _ attempt: Attempt) {
        let (tries, isFailed, seed) = attempt.result
        lines.withLock { lines in
            var line = lines[Scenario(peril: peril, detail: detail)] ?? Line()
            line.tries += tries
            line.isTried = true
            line.isFailed = line.isFailed || isFailed
            if isFailed, let seed { line.seeds.append(seed) }
            lines[Scenario(peril: peril, detail: detail)] = line
        }
    }

    /// All perils where `PLUMB_TABLE` is `all`, as in `make test`; else those that were to be tried.
    private static func write() {
        let isWhole = getenv("PLUMB_TABLE").map { String(cString: $0) } == "all"
        let lines = lines.withLock { $0 }
        var text = "\n" + row("what must be survived", "tries", "result")
        for peril in Peril.allCases {
            let own = lines.filter { $0.key.peril == peril }.sorted { $0.key.detail < $1.key.detail }
            if own.isEmpty, isWhole { text += row(peril.rawValue, "-", peril.later ?? "NOT TRIED") }
            for (scenario, line) in own {
                let name = peril.rawValue + (scenario.detail.isEmpty ? "" : "; " + scenario.detail)
                text += row(name, line.isTried ? "\(line.tries)" : "-", result(line))
            }
        }
        // What the runner has printed comes before it.
        fflush(nil)
        _ = Glibc.write(STDOUT_FILENO, text, text.utf8.count)
    }

    private static func result(_ line: Line) -> String {
        if line.isFailed {
            return "FAILED" + line.seeds.map { " PLUMB_SEED=\($0)" }.joined()
        }
        return line.isTried ? "survived" : "skipped (see above why)"
    }

    private static func row(_ name: String, _ tries: String, _ result: String) -> String {
        let name = name + String(repeating: " ", count: max(nameColumns - name.count, 0))
        let tries = String(repeating: " ", count: max(triesColumns - tries.count, 0)) + tries
        return "\(name) \(tries)  \(result)\n"
    }

    private static let nameColumns = 92
    private static let triesColumns = 7
}
