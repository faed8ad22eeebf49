import Foundation
import Manifests
import TestKit
import Testing

@testable import Plumb

/// The ready-made workflow files, run step by step as their forge would run them: the shell, git and plumb
/// are real, and `curl` writes down what it was asked for.
@Suite(
    "Workflow files",
    .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"),
    .enabled(if: Shell.has("jq"), "jq is not installed, which the workflows use"))
struct WorkflowTests {
    private let origin: TemporaryRepository
    private let clone: TemporaryRepository
    private let tools: TemporaryFolder

    init() throws {
        origin = try TemporaryRepository()
        try origin.write("unit.yaml", Self.unit)
        try origin.write("web.yaml", Self.instance("replicas: 1"))
        try origin.commit("Declare")
        clone = try TemporaryRepository(cloning: origin.path)
        try clone.branch("proposal")
        tools = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: tools.path + "/plumb", withDestinationPath: try #require(BuiltBinary.path))
        try tools.write(
            """
            #!/bin/sh
            echo "$*" >> '\(tools.path)/asked'
            case "$*" in
            *-X*) cp body.json '\(tools.path)/body'; echo '{}' ;;
            */user) echo '{"id": 5}' ;;
            *) cat '\(tools.path)/comments' ;;
            esac
            """, to: "curl")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: tools.path + "/curl")
        try tools.write("[]", to: "comments")
    }

    private static let unit = """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: web}
        spec: {version: 1.0.0, entry: {command: /bin/sleep, args: ["1000"]}}
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

    @Test(
        "A pull request gets a comment, and the same one when it changes",
        arguments: ["github", "gitea", "gitlab"])
    func comment(forge: String) throws {
        try clone.write("web.yaml", Self.instance("replicas: 2"))
        try clone.commit("Scale")
        let steps = try Self.steps(of: forge)
        #expect(try run(steps) == 0)
        #expect(try asked().last?.contains("-X POST") == true)
        let body =
            try #require(
                try JSONSerialization.jsonObject(
                    with: Data(contentsOf: URL(fileURLWithPath: tools.path + "/body")))
                    as? [String: String])["body"] ?? ""
        #expect(body.hasPrefix("<!-- plumb-diff -->\n") && body.contains("+ start    web/1"))

        // One that only looks like it, written by somebody else, is not taken for it.
        try tools.write(
            #"""
            [{"id": 7, "body": "<!-- plumb-diff -->", "user": {"id": 6, "type": "User"}, "author": {"id": 6}},
            {"id": 42, "body": "<!-- plumb-diff -->\nold", "user": {"id": 5, "type": "Bot"}, "author": {"id": 5}}]
            """#, to: "comments")
        #expect(try run(steps) == 0)
        let last = try #require(try asked().last)
        #expect(last.contains("/42") && (last.contains("-X PATCH") || last.contains("-X PUT")))
    }

    @Test("What is invalid fails the run, and the comment says so", arguments: ["github", "gitea", "gitlab"])
    func invalid(forge: String) throws {
        try clone.write("web.yaml", Self.instance("replics: 2"))
        try clone.commit("Break")
        #expect(try run(try Self.steps(of: forge)) != 0)
        let body = try String(contentsOfFile: tools.path + "/body", encoding: .utf8)
        #expect(body.contains("Plumb: invalid"))
    }

    @Test("The hook of pre-commit calls what there is") func preCommit() throws {
        let file = try Self.parse(StagedTests.packaging + "/../.pre-commit-hooks.yaml", wrapped: true)
        guard case .array(let hooks)? = file["hooks"], case .object(let hook)? = hooks.first,
            case .string(let entry)? = hook["entry"]
        else { throw Malformed() }
        #expect(try run([Step(script: entry, variables: [:], always: false)]) == 0)
        try clone.write("web.yaml", Self.instance("replics: 2"))
        try clone.git("add", "-A")
        #expect(try run([Step(script: entry, variables: [:], always: false)]) == 3)
    }

    // MARK: - Running

    struct Malformed: Error {}
    struct Step {
        var script: String
        var variables: [String: String]
        /// It runs after a failure, too.
        var always: Bool
    }

    private func asked() throws -> [String] {
        try String(contentsOfFile: tools.path + "/asked", encoding: .utf8).split(separator: "\n").map(
            String.init)
    }

    /// The first exit code that is not 0; later steps run as the forge would let them.
    private func run(_ steps: [Step]) throws -> Int32 {
        var failure: Int32 = 0
        for step in steps where failure == 0 || step.always {
            let code = try Shell.run(
                step.script, in: clone.path,
                environment: step.variables.merging(
                    [
                        "PATH": tools.path + ":"
                            + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
                        "GITHUB_STEP_SUMMARY": tools.path + "/summary", "HOME": "/nonexistent",
                        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                        "GIT_CONFIG_VALUE_0": "*",
                    ]) { own, _ in own })
            if failure == 0 { failure = code }
        }
        return failure
    }

    // MARK: - Reading the files

    private static func parse(_ path: String, wrapped: Bool = false) throws -> [String: ConfigValue] {
        var text = try String(contentsOfFile: path, encoding: .utf8)
        if wrapped {
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            text = "hooks:\n" + lines.map { "  " + $0 }.joined(separator: "\n") + "\n"
        }
        let parsed = ParsedConfig.parse(path: path, blob: "", bytes: Array(text.utf8), asSettings: true)
        #expect(parsed.diagnostics.map(\.headline) == [])
        return try #require(parsed.file).values
    }

    private static func steps(of forge: String) throws -> [Step] {
        let file = try parse(StagedTests.packaging + "/ci/\(forge).yml")
        if forge == "gitlab" { return try gitlabSteps(file) }
        guard case .object(let jobs)? = file["jobs"], case .object(let job)? = jobs["review"],
            case .array(let steps)? = job["steps"]
        else { throw Malformed() }
        return try steps.compactMap { step in
            guard case .object(let values) = step else { throw Malformed() }
            guard case .string(let script)? = values["run"] else { return nil }
            var variables: [String: String] = [:]
            if case .object(let env)? = values["env"] {
                for case (let name, .string(let value)) in env { variables[name] = try expanded(value) }
            }
            var always = false
            if case .string(let condition)? = values["if"] { always = condition.contains("!cancelled()") }
            return Step(script: script, variables: variables, always: always)
        }
    }

    private static func gitlabSteps(_ file: [String: ConfigValue]) throws -> [Step] {
        guard case .object(let job)? = file["plumb"] else { throw Malformed() }
        let variables = [
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "PLUMB_REVIEW_TOKEN": "token",
            "CI_API_V4_URL": "http://forge.test/api/v4", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "9",
        ]
        return try ["script", "after_script"].map { key in
            guard case .array(let items)? = job[key] else { throw Malformed() }
            let lines = items.compactMap { item -> String? in
                if case .string(let text) = item { text } else { nil }
            }
            #expect(lines.count == items.count)
            return Step(
                script: lines.joined(separator: "\n"), variables: variables, always: key == "after_script")
        }
    }

    /// What a forge puts in place of its expressions; one that is not known here fails the test.
    private static func expanded(_ text: String) throws -> String {
        let values = [
            "github.base_ref": "main", "github.token": "token", "github.api_url": "http://forge.test/api",
            "github.repository": "shop/declarations", "github.event.pull_request.number": "9",
            "secrets.PLUMB_REVIEW_TOKEN": "token",
        ]
        var result = text
        for match in text.matches(of: #/\$\{\{\s*([^}]+?)\s*\}\}/#) {
            result = result.replacing(match.0, with: try #require(values[String(match.1)]))
        }
        return result
    }
}

/// bash, as forges run the steps of a job.
enum Shell {
    static func has(_ program: String) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    static func run(_ script: String, in folder: String, environment: [String: String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-e", "-o", "pipefail", "-c", script]
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// What a script prints on both streams, and how it ends.
    static func run(_ script: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}
