import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Commit status") struct CommitStatus {
        private static let declarations = [
            "u.yaml": Declare.sleeper,
            "a.yaml": Declare.sleeping("a", level: 0, "update: {minHealthyTime: 200ms}"),
        ]

        @Test("A forge hears of each commit: on its way, there and well, refused; and once each")
        func told() async throws {
            try await withHost { host in
                let recorder = try RequestRecorder()
                recorder.start()
                defer { recorder.stop() }
                Files.write(host.root + "/token", "t0ken\n", mode: 0o600)
                Files.write(
                    host.root + "/agent.yaml",
                    """
                    apiVersion: plumb.dev/v1
                    kind: Agent
                    notify:
                      - {type: gitea, url: "\(recorder.url)/repos/acme/deploy", tokenFile: \(host.root)/token}
                      - {type: webhook, url: "\(recorder.url)/hook", context: here}

                    """)
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let good = try host.repository.head()
                try await host.settled("a/0")
                try await eventually("success is told", seconds: 60) {
                    said(recorder, good, "success").count == 2
                }
                let first = try #require(
                    said(recorder, good, "success").first { $0.line.contains("statuses") })
                #expect(first.line.hasPrefix("POST /repos/acme/deploy/statuses/\(good) "))
                #expect(first.headers["authorization"] == "token t0ken")
                #expect(first.body.contains("\"context\":\"plumb/e2e\""))

                try host.commit("Break", ["a.yaml": "kind: Nonsense\n"])
                let bad = try host.repository.head()
                try await eventually("failure is told", seconds: 60) {
                    said(recorder, bad, "failure").count == 2
                }
                #expect(said(recorder, bad, "success").isEmpty)

                // A later agent says nothing twice.
                await host.killAgent()
                let before = recorder.requests.count
                try await host.startAgent()
                try host.commit("Mend", Self.declarations)
                let mended = try host.repository.head()
                try await eventually("the fix is told", seconds: 60) {
                    said(recorder, mended, "success").count == 2
                }
                let later = recorder.requests.dropFirst(before)
                #expect(!later.contains { ($0.line + $0.body).contains(bad) })
                #expect(Files.text(host.agentLog)?.contains("t0ken") == false)
            }
        }

        @Test("A forge that cannot be reached is a condition, and stops nothing") func unreachable()
            async throws
        {
            try await withHost { host in
                let recorder = try RequestRecorder(answers: Array(repeating: 503, count: 2))
                Files.write(
                    host.root + "/agent.yaml",
                    "apiVersion: plumb.dev/v1\nkind: Agent\n"
                        + "notify: [{type: webhook, url: \"\(recorder.url)\"}]\n"
                )
                recorder.stop()
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                try await host.settled("a/0")
                let status = try await host.until("it says so") { $0.condition("NotifyFailing") != nil }
                #expect(status.condition("NotifyFailing")?.contains(recorder.url) == true)
                #expect(status.areSettled(["a/0"]))
            }
        }

        private func said(
            _ recorder: RequestRecorder, _ commit: String, _ state: String
        ) -> [RequestRecorder.Request] {
            recorder.requests.filter {
                ($0.line + $0.body).contains(commit) && $0.body.contains("\"state\":\"\(state)\"")
            }
        }
    }
}
