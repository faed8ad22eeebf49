import Foundation
import TestKit
import Testing

@testable import Plumb

@Suite(
    "diff --from --to", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct ReviewCommandTests {
    private let repository: TemporaryRepository

    init() throws {
        repository = try TemporaryRepository()
        try repository.write("unit.yaml", Self.unit())
        try repository.write("web.yaml", Self.instance("web", "nodes: {names: [edge-1, edge-2]}"))
        try repository.write("db.yaml", Self.instance("db", "nodes: {names: [edge-2]}"))
        try repository.commit("Declare")
        try repository.branch("proposal")
    }

    private static func unit(_ argument: String = "1000") -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: sleeper}
        spec:
          version: 1.0.0
          entry: {command: /bin/sleep, args: [\(JSONText.compact(.string(argument)))]}
        """ + "\n"
    }

    private static func instance(_ name: String, _ spec: String) -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Instance
        metadata: {name: \(name)}
        spec:
          unit: sleeper
          \(spec)
        """ + "\n"
    }

    private func diff(_ arguments: String..., from: String = "main", to: String = "proposal") throws
        -> BuiltBinary.Result
    {
        try BuiltBinary.run(["diff", "--from", from, "--to", to] + arguments, in: repository.path)
    }

    @Test("A commit of the year 318857, or of before 1970, ends nobody", arguments: ["9999999999999", "-99"])
    func absurdDates(_ seconds: String) throws {
        let tree = try repository.git("rev-parse", "HEAD^{tree}")
        let who = "Eve <eve@example.org> \(seconds) +0000"
        let raw = "tree \(tree)\nparent \(try repository.head())\nauthor \(who)\ncommitter \(who)\n\nLate\n"
        let id = try repository.git(
            ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], input: raw)
        let result = try diff(to: id)
        #expect(result.code == 0, "\(result.code): \(result.errors)")
        #expect(result.output.contains("by Eve <eve@example.org>"), "\(result.output)")
    }

    @Test("Every host that a declaration names has its plan and its plan hash") func hosts() throws {
        try repository.write("db.yaml", Self.instance("db", "nodes: {names: [edge-2]}\n  stop: {grace: 9s}"))
        try repository.write("web.yaml", Self.instance("web", "nodes: {names: [edge-1]}"))
        try repository.commit("Change")
        let text = try diff()
        #expect(text.code == 1)
        #expect(text.output.contains("Plan for 2 hosts: main@"))
        #expect(text.output.contains("0 to start, 0 to restart, 1 to stop, 1 live change"))
        #expect(text.output.contains("untouched: edge-1"))
        #expect(text.output.contains("spec.nodes this node → other nodes"))
        let json = try diff("-o", "json")
        let value = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(value["kind"] as? String == "Review")
        let found = try #require(value["hosts"] as? [[String: Any]])
        #expect(found.map { $0["node"] as? String } == ["edge-1", "edge-2"])
        #expect(Set(found.compactMap { $0["planHash"] as? String }).count == 2)
        #expect(try diff(to: "main").code == 0)
    }

    @Test("Markdown holds every change, and nothing of a value is markup") func markdown() throws {
        try repository.write("unit.yaml", Self.unit(MarkdownTests.hostile.joined(separator: " ")))
        try repository.commit("`</code>` @all <b>")
        let result = try diff("--format", "markdown")
        #expect(result.code == 1)
        #expect(result.output.hasPrefix("<!-- plumb-diff -->\n"))
        #expect(result.output.contains("! restart  web/0"))
        #expect(result.output.contains("@everyone"))
        let markup = MarkdownTests.markup(of: result.output)
        for part in ["@", "<img", "onerror", "[a]", "# title"] { #expect(!markup.contains(part), "\(part)") }
    }

    @Test("An invalid revision is told in every format, with exit code 3") func invalid() throws {
        try repository.write("web.yaml", Self.instance("web", "restrat: {}"))
        try repository.commit("Break")
        let json = try diff("-o", "json")
        #expect(json.code == 3)
        let value = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(value["kind"] as? String == "InvalidRevision")
        let diagnostics = try #require(value["diagnostics"] as? [[String: Any]])
        #expect(diagnostics.first?["code"] as? String == "unknown-key")
        let yaml = try diff("-o", "yaml")
        #expect(yaml.code == 3 && yaml.output.contains("file: web.yaml"))
        let markdown = try diff("--format", "markdown")
        #expect(markdown.code == 3)
        #expect(markdown.output.contains("### Plumb: invalid"))
        #expect(markdown.output.contains("web.yaml:6:3: error[unknown-key]"))
        let text = try diff()
        #expect(text.code == 3 && text.output.isEmpty)
        #expect(text.errors.contains("web.yaml:6:3: error[unknown-key]"))
    }

    @Test("--merge-base leaves out what the other branch did meanwhile") func mergeBase() throws {
        try repository.write("web.yaml", Self.instance("web", "replicas: 2"))
        try repository.commit("Change here")
        try repository.git("checkout", "-q", "main")
        try repository.write("other.yaml", Self.instance("other", "nodes: {names: [edge-1]}"))
        try repository.commit("Change there")
        #expect(try diff("--node", "edge-1").output.contains("other"))
        let own = try diff("--node", "edge-1", "--merge-base")
        #expect(own.code == 1)
        #expect(!own.output.contains("other/0") && own.output.contains("web/1"))
    }

    @Test("A node file says where things run and what is missing there; what is wrong in it has its place")
    func nodeFile() throws {
        try repository.write(
            ".plumb/nodes.yaml",
            """
            apiVersion: plumb.dev/v1
            kind: NodeList
            nodes:
              - {name: edge-1, labels: {zone: a}, secrets: []}
              - {name: edge-2, labels: {zone: b}}
            """)
        try repository.write(
            "api.yaml",
            Self.instance("api", "nodes: {selector: {zone: a}}\n  secrets: {T: {file: token}}"))
        try repository.commit("Add")
        let result = try diff("--node-file", ".plumb/nodes.yaml")
        #expect(result.code == 1)
        #expect(result.output.contains("+ start  api/0") || result.output.contains("+ start    api/0"))
        #expect(result.output.contains("warning: secret 'token' is not on this host; api would wait for it"))
        #expect(result.output.contains("untouched: edge-2"))

        try repository.write(
            "nodes.yaml", "apiVersion: plumb.dev/v1\nkind: NodeList\nnodes:\n  - {name: a, lables: {}}\n")
        let wrong = try diff("--node-file", "nodes.yaml")
        #expect(wrong.code == 2)
        #expect(wrong.errors.contains("nodes.yaml:4:"))
        #expect(wrong.errors.contains("unknown key 'lables'"))
        #expect(try diff("--node-file", "nowhere.yaml").code == 2)
        #expect(try diff("--node-file", "nodes.yaml", "--node", "x").code == 2)
        #expect(try diff("--format", "markdown", "-o", "json").code == 2)
    }
}
