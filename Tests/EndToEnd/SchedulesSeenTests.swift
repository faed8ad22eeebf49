import TestKit
import Testing

extension EndToEnd {
    @Suite("Schedules, as operators see them") struct SchedulesSeen {
        private static let report = Declare.shell(
            "report",
            """
            echo "line of stdout"
            echo "line of stderr" >&2
            echo "a,b" > "$PLUMB_OUTPUT_DIR/a.csv"
            exit "$CODE"
            """, "profile: oneshot\nconfig: {fields: [{name: code, type: int, default: 0}]}")
        private static let slow = Declare.shell("slow", "exec sleep 100000", "profile: oneshot")

        private static func schedule(_ name: String, _ spec: String) -> String {
            """
            apiVersion: plumb.dev/v1
            kind: Schedule
            metadata: {name: \(name), labels: {team: shop}}
            spec:
              trigger: {cron: "* * * * * *"}
              timezone: Europe/Berlin
            \(spec)
            """
        }

        private static let declared = [
            schedule("good", "  action: {run: {unit: report, config: {code: 0}}}"),
            schedule("bad", "  action: {run: {unit: report, config: {code: 3}}}"),
            schedule("busy", "  action: {run: {unit: slow}}"),
        ].joined(separator: "\n---\n")

        @Test("What ran, what failed and what was left out is told by command, route and metric")
        func seen() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare", ["u.yaml": Self.report + "---\n" + Self.slow, "s.yaml": Self.declared])
                try await host.startAgent()
                try await eventually("each has a line in the history", seconds: 60) {
                    let runs = try host.ask("/v1/runs?kind=schedule&limit=1000").json()["items"].array
                    let seen = Set(runs.map { "\($0["schedule"].string ?? "") \($0["state"].string ?? "")" })
                    return seen.isSuperset(of: [
                        "good succeeded", "bad failed", "busy running", "busy forbidden",
                    ])
                }
                try await commands(host)
                try await exports(host)
                try metrics(host)
            }
        }

        private func commands(_ host: Host) async throws {
            let list = try await host.plumb("schedules", "--color", "never")
            let lines = list.output.split(separator: "\n").map(String.init)
            #expect(lines.count == 4 && lines[1].hasPrefix("bad       failing"), "\(list.output)")
            #expect(try await host.plumb("status").output.contains("bad       failing"))
            let failed = try await host.plumb("runs", "bad", "--state", "failed", "-o", "name")
            let id = String(
                try #require(failed.output.split(separator: "\n").first?.split(separator: "/").last))
            let shown = try await host.plumb("runs", "show", String(id.prefix(16)), "--color", "never").output
            for part in ["bad  failed", "exit code 3", "ExitCode", "a.csv", "line of stderr"] {
                #expect(shown.contains(part), "\(part) in\n\(shown)")
            }
            let logs = try await host.plumb("runs", "logs", id).output
            #expect(logs.split(separator: "\n").sorted() == ["! line of stderr", "| line of stdout"])
            let one = try await host.plumb("describe", "schedule", "busy", "--color", "never").output
            #expect(one.contains("Europe/Berlin") && one.contains("an earlier run"), "\(one)")
            #expect(try await host.plumb("runs", "show", "0000").code == 2)
            #expect(try await host.plumb("runs", "nobody").code == 2)
        }

        private func exports(_ host: Host) async throws {
            let csv = try await host.plumb("runs", "good", "-o", "csv").output.split(separator: "\n")
            #expect(csv.first?.hasPrefix("runId,schedule,node,state,") == true && csv.count > 1)
            let lines = try await host.plumb("runs", "good", "-o", "ndjson").output.split(separator: "\n")
            #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.contains("\"schedule\":\"good\"") })
        }

        private func metrics(_ host: Host) throws {
            let text = try host.ask("/metrics").text
            #expect(text.contains("plumb_schedule_trouble{schedule=\"bad\",kind=\"failing\"} 1\n"))
            #expect(text.contains("plumb_schedule_last_success_timestamp_seconds{schedule=\"good\"}"))
            #expect(text.contains("plumb_schedule_runs_total{schedule=\"good\",state=\"missed\"} 0\n"))
        }
    }
}
