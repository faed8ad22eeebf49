/// What the kernel says of one run's sandbox, item by item.
package struct SandboxObservation: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable, Codable {
        /// The kernel shows it.
        case yes
        /// It is declared, and the kernel shows that it is not in force.
        case no
        /// It is not declared, and not in force.
        case off
        /// The kernel shows it of no process. The child makes it before it executes the program, and does not
        /// execute where that fails.
        case atStart
        /// It cannot be read; the evidence says why.
        case unknown
    }

    package struct Item: Sendable, Hashable {
        /// In the words of a declaration.
        package var name: String
        package var declared: String
        package var verdict: Verdict
        /// What was seen, and where.
        package var evidence: String

        package init(_ name: String, declared: String, _ verdict: Verdict, _ evidence: String) {
            self.name = name
            self.declared = declared
            self.verdict = verdict
            self.evidence = evidence
        }
    }

    package var level: String
    /// The workload's process.
    package var pid: Int32
    package var items: [Item]

    package init(level: String, pid: Int32, items: [Item]) {
        self.level = level
        self.pid = pid
        self.items = items
    }
}
