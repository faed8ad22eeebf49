import Foundation
import Testing

@testable import Plumb

@Suite("init", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct InitTests {
    private func plumb(_ arguments: String, in folder: String) throws -> (status: Int32, output: String) {
        let binary = try #require(BuiltBinary.path)
        return try Shell.run("cd '\(folder)' && '\(binary)' \(arguments) 2>&1")
    }

    @Test(
        "What it writes is valid, with the schema for editors and the workflow of the forge",
        arguments: [
            ("github", ".github/workflows/plumb.yml"), ("gitlab", ".gitlab-ci.yml"),
            ("gitea", ".gitea/workflows/plumb.yml"),
        ])
    func writes(_ forge: String, _ workflow: String) throws {
        let folder = try TemporaryFolder()
        let made = try plumb("init fleet --ci \(forge) --hook", in: folder.path)
        #expect(made.status == 0, "\(made.output)")
        let root = folder.path + "/fleet"
        let valid = try plumb("validate .", in: root)
        #expect(
            valid.status == 0 && valid.output.contains("1 Unit, 1 Instance in 2 files"), "\(valid.output)")
        let unit = try String(contentsOfFile: root + "/units/hello.yaml", encoding: .utf8)
        #expect(unit.hasPrefix("# yaml-language-server: $schema=../.plumb/schema.json\n"))
        let schema = try Data(contentsOf: URL(fileURLWithPath: root + "/.plumb/schema.json"))
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: schema) }
        #expect(FileManager.default.fileExists(atPath: root + "/" + workflow))
        // The hook lets a valid commit through.
        let commit = try Shell.run(
            """
            cd '\(root)' && PATH="$(dirname '\(BuiltBinary.path ?? "")'):$PATH" && git add -A \
            && git -c user.name=Ann -c user.email=ann@example.org commit -qm 'Say hello' && git log --oneline
            """)
        #expect(commit.status == 0 && commit.output.contains("Say hello"), "\(commit.output)")
    }

    @Test("Nothing that is there is written over, and then nothing else is written either")
    func keeps() throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "fleet/README.md")
        let made = try plumb("init fleet", in: folder.path)
        #expect(made.status == 2)
        #expect(made.output.contains("README.md is there already"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/fleet") == ["README.md"])
        #expect(try String(contentsOfFile: folder.path + "/fleet/README.md", encoding: .utf8) == "mine")
    }
}
