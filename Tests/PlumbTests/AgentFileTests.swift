import Testing

@testable import Plumb

/// `agent.yaml` as a whole: what is not understood is refused at its place, and nothing is passed over.
@Suite("Settings file") struct AgentFileTests {
    private func refusal(_ text: String) throws -> CommandFailure? {
        let folder = try TemporaryFolder()
        try folder.write("apiVersion: plumb.dev/v1\nkind: Agent\n\(text)\n", to: "agent.yaml")
        do {
            _ = try AgentFile(named: folder.path + "/agent.yaml")
            return nil
        } catch let failure as CommandFailure {
            return failure
        }
    }

    @Test(
        "a text, a list or nothing where a mapping belongs would look as if it were in force",
        arguments: [
            ("trust: head", "3:8", "trust", "commits"), ("trust:", "3:", "trust", "commits"),
            ("trust: {commits: head}", "3:18", "trust.commits", "require"),
            ("trust:\n  commits:", "4:", "trust.commits", "keys"), ("source: [a]", "3:9", "source", "repo"),
            ("source: {ref: main}", "3:15", "source.ref", "branch"),
            ("fuse: 10%", "3:7", "fuse", "maxRemoved"),
            ("node: edge-1", "3:7", "node", "name"), ("status: \"127.0.0.1:1\"", "3:9", "status", "listen"),
            ("source:\n  credentials: /etc/token", "4:16", "source.credentials", "tokenFile"),
        ])
    func blocks(_ text: String, _ place: String, _ name: String, _ key: String) throws {
        let failure = try #require(try refusal(text), "\(text) is taken")
        #expect(failure.message.contains("agent.yaml:\(place)"), "\(failure.message)")
        #expect(failure.message.hasSuffix("\(name) is a mapping"), "\(failure.message)")
        #expect(failure.remedy.contains(key), "\(failure.remedy)")
    }

    @Test(
        "an unknown key is told at the key, not at its value",
        arguments: [
            ("sauce: {repo: /r}", "3:1"), ("source:\n  repo: /r\n  intervall: 3s", "5:3"),
            ("trust:\n  commits:\n    requires: head", "5:5"), ("retention: 3d", "3:1"),
        ])
    func unknown(_ text: String, _ place: String) throws {
        let failure = try #require(try refusal(text))
        #expect(failure.message.contains("agent.yaml:\(place): "), "\(failure.message)")
    }

    @Test(
        "what is written whole is taken",
        arguments: ["", "trust: {commits: {require: none}}", "node: {labels: {a: b}}"])
    func taken(_ text: String) throws { #expect(try refusal(text) == nil) }
}
