import Foundation
import StatusAPI
import Testing

@testable import Plumb

@Suite("Access in the settings file") struct AccessBlockTests {
    private static let hash = String(repeating: "ab", count: 32)

    private func block(_ text: String, listen: String? = nil) throws -> AccessBlock {
        let folder = try TemporaryFolder()
        try folder.write("apiVersion: plumb.dev/v1\nkind: Agent\n\(text)\n", to: "agent.yaml")
        return try AccessBlock(
            try AgentFile(named: folder.path + "/agent.yaml"), listen: listen, node: "Edge-1")
    }

    @Test("Defaults, and every setting") func settings() throws {
        let usual = try block("")
        #expect(usual.listen == "127.0.0.1:7420")
        #expect(usual.rules == AccessRules(hosts: ["edge-1"]))
        #expect(usual.rules.anonymous == [.status, .metrics])
        #expect(usual.tls == nil)
        let found = try block(
            """
            status:
              listen: "0.0.0.0:7420"
              tls: {certificate: /etc/plumb/tls.pem, key: /etc/plumb/tls.key}
              anonymous: [metrics]
              allowedHosts: [Plumb.example.org, "[2001:db8::1]"]
              rateLimit: {perSecond: 20, burst: 50}
              tokens:
                - {name: ann, scopes: [status, logs], sha256: "\(Self.hash.uppercased())"}
            """)
        #expect(found.listen == "0.0.0.0:7420")
        #expect(found.tls == TLSFiles(certificate: "/etc/plumb/tls.pem", key: "/etc/plumb/tls.key"))
        #expect(found.rules.anonymous == [.metrics])
        #expect(found.rules.hosts == ["edge-1", "plumb.example.org", "[2001:db8::1]"])
        #expect(found.rules.rate == RequestRate(perSecond: 20, burst: 50))
        #expect(
            found.rules.tokens == [AccessToken(name: "ann", hash: Self.hash, scopes: [.status, .logs])])
        #expect(try block("status: {tls: off}").allowsClear)
        // A flag beats the file.
        #expect(try block("status: {listen: \"[::1]:1\"}", listen: "127.0.0.1:2").listen == "127.0.0.1:2")
        // Who makes tokens wants them to be asked for.
        let token = "{name: a, scopes: [status], sha256: \"\(Self.hash)\"}"
        #expect(try block("status: {tokens: [\(token)]}").rules.anonymous.isEmpty)
    }

    @Test(
        "What is wrong is said with its place",
        arguments: [
            ("status: {tls: on}", "3:15", "a certificate and a key, or off"),
            ("status: {tls: {certificate: /a}}", "3:", "key is missing"),
            ("status: {tls: {certificate: a, key: /b}}", "3:29", "absolute path"),
            ("status: {tls: {cert: /a}}", "3:", "unknown setting status.tls.cert"),
            ("status: {tokens: [{name: A, sha256: x, scopes: [status]}]}", "3:26", "name of a token"),
            ("status: {tokens: [{name: a, sha256: x, scopes: [status]}]}", "3:37", "64 hexadecimal digits"),
            ("status: {tokens: [{name: a, scopes: [status]}]}", "3:", "64 hexadecimal digits"),
            (
                "status: {tokens: [{name: a, scopes: [], sha256: \"\(hash)\"}]}", "3:", "allows nothing"
            ),
            (
                "status: {tokens: [{name: a, scopes: [open], sha256: \"\(hash)\"}]}", "3:",
                "none of status, logs, metrics"
            ),
            (
                "status: {tokens: [{name: a, scopes: [logs], token: b, sha256: \"\(hash)\"}]}", "3:",
                "unknown setting status.tokens[0].token"
            ),
            (
                "status:\n  tokens:\n    - {name: a, scopes: [logs], sha256: \"\(hash)\"}\n"
                    + "    - {name: a, scopes: [logs], sha256: \"00\(hash.dropFirst(2))\"}", "6:",
                "two tokens are called 'a'"
            ),
            (
                "status:\n  tokens:\n    - {name: a, scopes: [logs], sha256: \"\(hash)\"}\n"
                    + "    - {name: b, scopes: [logs], sha256: \"\(hash)\"}", "6:", "the same token"
            ),
            ("status: {anonymous: [all]}", "3:", "'all' is none of"),
            ("status: {allowedHosts: [\"https://a\"]}", "3:", "no host name"),
            ("status: {allowedHosts: [\"a:80\"]}", "3:", "no host name"),
            ("status: {allowedHosts: [\"*.a\"]}", "3:", "no host name"),
            ("status: {rateLimit: {perSecond: 0}}", "3:33", "number of requests"),
            ("status: {rateLimit: {perSecond: many}}", "3:33", "number of requests"),
            ("status: {rateLimit: {persecond: 5}}", "3:", "unknown setting"),
        ])
    func faults(text: String, place: String, words: String) {
        let failure = #expect(throws: CommandFailure.self) { try block(text) }
        #expect(failure?.message.contains("agent.yaml:\(place)") == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
        // A hash is no secret, but nobody needs to read it in a journal.
        #expect(failure?.message.contains(Self.hash) != true)
    }
}
