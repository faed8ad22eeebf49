import Supervisor
import Testing

@testable import Plumb

/// `artifacts` and `retention` of the settings file.
@Suite struct ArtifactBlockTests {
    private func settings(_ text: String) throws -> ArtifactSettings {
        let folder = try TemporaryFolder()
        try folder.write("apiVersion: plumb.dev/v1\nkind: Agent\n\(text)\n", to: "agent.yaml")
        return try ArtifactBlock(AgentFile(named: folder.path + "/agent.yaml")).settings
    }

    @Test func whatIsWrittenCountsAndTheRestIsUsual() throws {
        #expect(try settings("") == ArtifactSettings())
        let found = try settings(
            """
            artifacts:
              ca: /etc/plumb/ca.pem
              credentials:
                - {host: Files.example.org, tokenFile: /etc/plumb/t}
                - {host: "mirror:8443", user: deploy, passwordFile: /etc/plumb/p}
              maxBytes: 64Mi
              maxUnpackedBytes: 1048576
              timeout: 90s
            retention: {packages: 48h}
            """)
        #expect(
            found
                == ArtifactSettings(
                    caFile: "/etc/plumb/ca.pem",
                    credentials: [
                        .init(host: "files.example.org", kind: .bearer(tokenFile: "/etc/plumb/t")),
                        .init(
                            host: "mirror:8443", kind: .basic(user: "deploy", passwordFile: "/etc/plumb/p")),
                    ], bytesMax: 64 << 20, unpackedBytesMax: 1 << 20, timeout: .seconds(90),
                    retention: .seconds(172_800)))
    }

    @Test(arguments: [
        ("artifacts: {ca: ca.pem}", "absolute path"),
        ("artifacts: {maxBytes: lots}", "artifacts.maxBytes is a size"),
        ("artifacts: {maxBytes: 0}", "artifacts.maxBytes is a size"),
        ("artifacts: {proxy: x}", "unknown setting"),
        ("artifacts: {timeout: 0s}", "artifacts.timeout is a time"),
        ("artifacts: {timeout: soon}", "no time"),
        ("artifacts: {credentials: [{host: a}]}", "either a tokenFile"),
        (
            "artifacts: {credentials: [{host: a, tokenFile: /t, user: u, passwordFile: /p}]}",
            "either a tokenFile"
        ),
        ("artifacts: {credentials: [{host: a, tokenFile: t}]}", "absolute path"),
        ("artifacts: {credentials: [{host: \"https://a/\", tokenFile: /t}]}", "host is a name"),
        ("artifacts: {credentials: [{host: a, token: secret}]}", "unknown setting"),
        ("artifacts: {credentials: [{host: a, tokenFile: /t}, {host: A, tokenFile: /u}]}", "already"),
        ("retention: {packages: 0s}", "retention.packages is a time"),
        ("retention: {logs: 1d}", "unknown setting"),
    ]) func whatIsWrongIsSaidWithItsLine(text: String, word: String) {
        do {
            _ = try settings(text)
            Issue.record("it was taken: \(text)")
        } catch {
            let message = (error as? CommandFailure)?.message ?? "\(error)"
            #expect(message.contains(word) && message.contains(".yaml:3:"), "\(message)")
        }
    }
}
