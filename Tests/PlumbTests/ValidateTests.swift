import Foundation
import Manifests
import Testing

@testable import Plumb

@Suite("validate") struct ValidateTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.unit, to: "units/web.yaml")
        try folder.write(Self.instance, to: "instances/web.yaml")
    }

    private static let unit = """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: web}
        spec:
          version: 1.0.0
          entry: {command: /bin/sleep, args: ["1000"], user: nobody}
        """
    private static let instance = """
        apiVersion: plumb.dev/v1
        kind: Instance
        metadata: {name: web}
        spec:
          unit: web@^1.0
          nodes: {names: [edge-1]}
          secrets: {TOKEN: {file: token}}
        """

    private func report(file: String? = nil) throws -> ValidationReport {
        ValidationReport(check: try SourceCheck(directory: folder.path), file: file)
    }

    @Test("A valid source says what it holds, and what only a host knows") func valid() throws {
        let report = try report()
        #expect(report.isValid)
        #expect(
            report.lines(verbose: true, paint: .none).suffix(5) == [
                "not checked: command /bin/sleep, used by web@1.0.0",
                "not checked: node edge-1, used by web",
                "not checked: secret token, used by web",
                "not checked: user nobody, used by web@1.0.0",
                "valid: \(folder.path): 1 Unit, 1 Instance in 2 files",
            ])
        #expect(
            report.lines(verbose: false, paint: .none).first
                == "not checked without a host: 1 command, 1 node, 1 secret, 1 user (-v lists them)")
    }

    @Test("An error has its place in a path that can be clicked, its line with a caret, and a remedy")
    func invalid() throws {
        try folder.write(Self.instance + "\n  replics: 2\n", to: "instances/web.yaml")
        let report = try report()
        #expect(!report.isValid)
        let lines = report.lines(verbose: false, paint: .none)
        let text = lines.joined(separator: "\n")
        #expect(text.hasPrefix("\(folder.path)/instances/web.yaml:8:3: error[unknown-key]: "))
        #expect(text.contains("did you mean 'replicas'?"))
        #expect(text.contains("  8 |   replics: 2\n    |   ^"))
        #expect(text.contains("help: "))
        #expect(lines.last == "invalid: \(folder.path): 1 error")
    }

    @Test("A single file is checked with its source, and alone is shown") func singleFile() throws {
        try folder.write("apiVersion: plumb.dev/v1\nkind: Pod\n", to: "odd.yaml")
        #expect(try !report().isValid)
        let report = try report(file: "instances/web.yaml")
        #expect(report.isValid)
        #expect(
            report.lines(verbose: false, paint: .none).last?.hasSuffix(
                "no error; 1 error elsewhere in \(folder.path)")
                == true)
    }

    @Test("What git would not take as a declaration is left out, and listed") func leftOut() throws {
        try folder.write("drafts/\n", to: ".plumbignore")
        try folder.write("nonsense", to: "drafts/a.yaml")
        try folder.write("nonsense", to: ".github/workflow.yaml")
        try folder.write("nonsense", to: ".git/config.yaml")
        try folder.write("nonsense", to: "notes.txt")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/elsewhere", withDestinationPath: "/etc")
        let report = try report()
        #expect(report.isValid)
        let text = report.lines(verbose: true, paint: .none).joined(separator: "\n")
        #expect(text.contains("left out: \(folder.path)/drafts/a.yaml: .plumbignore:1: drafts/"))
        #expect(text.contains("left out: \(folder.path)/.github/workflow.yaml: "))
        #expect(text.contains("left out: \(folder.path)/elsewhere: a symbolic link to /etc"))
        #expect(!text.contains(".git/config"))
    }

    @Test("A link to a declaration outside is an error, and is not followed") func linkOutside() throws {
        let outside = try TemporaryFolder()
        try outside.write(Self.unit, to: "unit.yaml")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/more.yaml", withDestinationPath: outside.path + "/unit.yaml")
        let report = try report()
        #expect(!report.isValid)
        #expect(report.lines(verbose: false, paint: .none).first?.contains("leaves the source") == true)
    }

    @Test("A directory that is not there is no empty source") func missing() {
        #expect(throws: CommandFailure.self) { try SourceCheck(directory: folder.path + "/nowhere") }
    }

    @Test("JSON has every diagnostic with its place") func json() throws {
        try folder.write(Self.instance + "\n  replics: 2\n", to: "instances/web.yaml")
        let text = JSONText.compact(ValidationReport.value(of: [try report()]))
        #expect(text.hasPrefix(#"{"apiVersion":"plumb.dev/v1","kind":"Validation","valid":false,"#))
        #expect(
            text.contains(#""code":"unknown-key","place":{"file":"instances/web.yaml","line":8,"column":3}"#))
    }

    @Test("The example repository is valid") func example() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let check = try SourceCheck(directory: "/\(root)/examples/units")
        #expect(check.assembly.errors.map(\.headline) == [])
    }
}
