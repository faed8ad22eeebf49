import Testing

@Suite("Imports") struct ImportTests {
    @Test("Every file imports only what the table of the design allows") func table() {
        let files = SourceTree.swiftFiles
        #expect(files.count > 20, "the sources were not found under \(SourceTree.root)")
        files.flatMap(ImportTable.violations(in:)).record()
    }

    @Test("Every target with Swift in it has a row") func rows() {
        let targets = Set(SourceTree.swiftFiles.filter { !$0.isTest }.map(\.target))
        for target in targets.subtracting(ImportTable.rows.keys).sorted() {
            Issue.record("Sources/\(target) has no row in the table of imports")
        }
    }

    @Test("The keeper's targets use no Foundation and no concurrency runtime") func keeper() {
        let words = ["async ", "await ", "Task {", "Task(", "actor "]
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/Keeper") {
            for (index, line) in file.lines.enumerated() where words.contains(where: line.code.contains) {
                [Violation(file: file.path, line: index + 1, rule: "keeper: no concurrency runtime")].record()
            }
        }
    }

    @Test(
        "An import that the table forbids is found, however it is written",
        arguments: [
            ("Sources/Reconciler/Planning/A.swift", "import Glibc"),
            ("Sources/Watcher/A.swift", "package import Manifests"),
            ("Sources/Store/A.swift", "@preconcurrency internal import Supervisor"),
            ("Sources/StatusAPI/A.swift", "import struct GRDB.Row"),
            ("Sources/KeeperCore/A.swift", "import FoundationEssentials"),
            ("Sources/Agent/A.swift", "import TestKit"),
            ("Sources/Attic/A.swift", "import Glibc"),
        ])
    func found(path: String, text: String) {
        #expect(ImportTable.violations(in: SourceFile(path: path, text: text)).count == 1)
    }

    @Test(
        "What only looks like an import is none",
        arguments: [
            "// import GRDB", "let text = \"import GRDB\"", "/* import\nimport GRDB */", "important()",
        ])
    func notFound(text: String) {
        #expect(ImportTable.violations(in: SourceFile(path: "Sources/Agent/A.swift", text: text)).isEmpty)
    }
}
