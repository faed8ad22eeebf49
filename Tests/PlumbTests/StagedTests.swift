import Foundation
import TestKit
import Testing

@testable import Plumb

@Suite(
    "validate of what git would take",
    .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct StagedTests {
    private let repository: TemporaryRepository

    init() throws {
        repository = try TemporaryRepository()
        try repository.write("deploy/unit.yaml", Self.unit)
        try repository.write("deploy/web.yaml", Self.instance(""))
        try repository.commit("Declare")
    }

    private static let unit = """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: web}
        spec: {version: 1.0.0, entry: {command: /bin/sleep, args: ["1000"], user: nobody}}
        """
    private static func instance(_ spec: String) -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Instance
        metadata: {name: web}
        spec:
          unit: web
          \(spec)
        """
    }
    private static let broken = instance("replics: 2")

    private func validate(_ arguments: String..., environment: [String: String] = [:]) throws
        -> BuiltBinary.Result
    {
        try BuiltBinary.run(["validate"] + arguments, in: repository.path, environment: environment)
    }

    @Test("--staged sees what is staged, and not what lies in the work tree") func staged() throws {
        try repository.write("deploy/web.yaml", Self.broken)
        #expect(try validate("--staged").code == 0)
        #expect(try validate(".").code == 3)
        try repository.git("add", "deploy/web.yaml")
        try repository.write("deploy/web.yaml", Self.instance(""))
        let staged = try validate("--staged", "deploy")
        #expect(staged.code == 3)
        #expect(staged.output.contains("deploy/web.yaml:6:3: error[unknown-key]"))
        #expect(staged.output.contains("  6 |   replics: 2"))
        #expect(try validate(".").code == 0)
    }

    @Test("A plain hook stops a commit that is invalid, and one of a single file, which has its own index")
    func hook() throws {
        let hook = repository.path + "/.git/hooks/pre-commit"
        try FileManager.default.createDirectory(
            atPath: repository.path + "/.git/hooks", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: Self.packaging + "/hooks/pre-commit", toPath: hook)
        let folder = (try #require(BuiltBinary.path) as NSString).deletingLastPathComponent
        let path = ["PATH": folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
        try repository.write("deploy/web.yaml", Self.broken)
        try repository.write("notes.txt", "new")
        try repository.git("add", "notes.txt")
        // Only what is named is committed: git makes an index of its own for that, and names it to the hook.
        #expect(throws: TemporaryRepository.GitFailure.self) {
            try repository.git("commit", "-q", "-m", "Break", "deploy/web.yaml", environment: path)
        }
        try repository.git("commit", "-q", "-m", "Note", "notes.txt", environment: path)
        try repository.git("add", "-A")
        #expect(throws: TemporaryRepository.GitFailure.self) {
            try repository.git("commit", "-q", "-m", "Break", environment: path)
        }
        try repository.write("deploy/web.yaml", Self.instance("replicas: 2"))
        try repository.git("commit", "-q", "-a", "-m", "Scale", environment: path)
    }

    @Test(
        "What .gitignore leaves out is not read; a directory that is ignored as a whole is, when it is named")
    func ignored() throws {
        try repository.write(".gitignore", "rendered/\n*.local.yaml\n")
        try repository.write("rendered/odd.yaml", "nonsense")
        try repository.write("deploy/my.local.yaml", "nonsense")
        #expect(try validate(".").code == 0)
        #expect(try validate("deploy").code == 0)
        #expect(try validate("rendered").code == 3)
    }

    @Test("A directory that an artifact takes is found among what is staged") func artifact() throws {
        try repository.write(
            "deploy/unit.yaml",
            Self.unit.replacing(
                "entry: {command: /bin/sleep", with: "artifact: {source: app}, entry: {command: ./run"))
        try repository.write("deploy/app/bin/run", "#!/bin/sh", executable: true)
        try repository.git("add", "-A")
        #expect(try validate("--staged", "deploy").code == 0)
        try repository.git("rm", "-q", "--cached", "deploy/app/bin/run")
        let gone = try validate("--staged", "deploy")
        #expect(gone.code == 3 && gone.output.contains("error[artifact-missing]"))
    }

    @Test("Annotations of GitHub are one line each, with paths from the top") func github() throws {
        try repository.write("deploy/web.yaml", Self.broken)
        let folder = repository.path + "/deploy"
        let result = try BuiltBinary.run(["validate", "--format", "github", "."], in: folder)
        #expect(result.code == 3)
        let lines = result.output.split(separator: "\n")
        #expect(
            lines.first?.hasPrefix(
                "::error file=deploy/web.yaml,line=6,col=3,title=unknown-key::unknown key 'replics'") == true)
        #expect(lines.first?.contains("%0A") == true)
        #expect(lines.count == 2 && lines.last?.hasPrefix("invalid: ") == true)
        let hostile = Annotation(
            isError: false, code: "a:b,c", file: "x,y:z.yaml", line: 1, column: 2,
            message: "100%\n::error::x\r\u{1B}[31m"
        ).workflowCommand
        let properties = "file=x%2Cy%3Az.yaml,line=1,col=2,title=a%3Ab%2Cc"
        #expect(hostile == "::warning \(properties)::100%25%0A::error::x%0D\\u{1b}[31m")
    }

    @Test("The report for GitLab has fingerprints that stay when lines move") func gitlab() throws {
        try repository.write("deploy/web.yaml", Self.broken)
        func report() throws -> [[String: Any]] {
            let result = try validate("--format", "gitlab", "deploy")
            #expect(result.code == 3)
            let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            return try #require(value as? [[String: Any]])
        }
        let before = try report()
        #expect(before.count == 1 && before[0]["severity"] as? String == "critical")
        let place = before[0]["location"] as? [String: Any]
        #expect(place?["path"] as? String == "deploy/web.yaml")
        try repository.write("deploy/web.yaml", "# A line more\n" + Self.broken)
        #expect(try report()[0]["fingerprint"] as? String == before[0]["fingerprint"] as? String)
        #expect(try validate("--format", "gitlab", "-o", "json", ".").code == 2)
    }

    @Test("A node file checks names, users and secrets") func nodeFile() throws {
        try repository.write(
            "nodes.txt",
            """
            apiVersion: plumb.dev/v1
            kind: NodeList
            nodes: [{name: edge-1, users: [web]}, {name: edge-2, users: [nobody]}]
            """)
        try repository.write("deploy/web.yaml", Self.instance("nodes: {names: [edge-1, edge-5]}"))
        let result = try validate("--node-file", "nodes.txt", "deploy")
        #expect(result.code == 0)
        #expect(result.output.contains("warning: web names edge-5, not in the node file  deploy/web.yaml:6"))
        #expect(result.output.contains("warning: on edge-1: user 'nobody' is not on this host"))
        #expect(!result.output.contains("on edge-2"))
    }

    static let packaging: String = {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/packaging"
    }()
}
