import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// The agent dies again and again under a Schedule that fires every second and keeps every time.
    @Suite("Runs of Schedules") struct ScheduledRuns {
        @Test(
            "The agent dies at each step: no time runs twice, none is forgotten",
            .survives(.agentKilledAtStep, "runs of a Schedule"))
        func agentDies() async throws {
            Attempt.tried(Self.points.count)
            try await withHost { host in
                let ran = host.root + "/ran"
                try host.commit("Declare", ["all.yaml": Self.declared(ran)])
                for (number, point) in Self.points.enumerated() {
                    let reached = host.root + "/reached-\(number)"
                    let variables = ["PLUMB_FAIL_POINT": "\(point),2,\(SIGKILL),\(reached)"]
                    try host.launchAgent(variables: variables)
                    try await eventually("\(point) is reached", seconds: 60) {
                        Files.lines(reached).count >= 2
                    }
                    await host.killAgent()
                }
                try await host.startAgent()
                let before = Files.lines(ran).count
                try await eventually("it goes on", seconds: 60) { Files.lines(ran).count >= before + 3 }
                try host.commit("Suspend", ["all.yaml": Self.declared(ran, suspend: true)])
                let records = try await Self.ended(host)
                Self.compare(records, Files.lines(ran))
            }
        }

        private static let points = [
            "claimDurable", "slotLocked", "requestSent", "requestAnswered", "startedTold", "exitTold",
            "exitDurable",
        ]

        private static func declared(_ ran: String, suspend: Bool = false) -> String {
            let unit = Declare.shell("tick", "echo \"$PLUMB_NOMINAL_TIME\" >> \(ran)", "profile: oneshot")
            return unit + """
                ---
                apiVersion: plumb.dev/v1
                kind: Schedule
                metadata: {name: tick}
                spec:
                  trigger: {interval: 1s}
                  catchUp: {policy: all, max: 60}
                  concurrency: {policy: queue, max: 1000}
                  history: {keep: 1000, keepFailed: 1000}
                  suspend: \(suspend)
                  action: {run: {unit: tick}}
                """
        }

        private struct Record {
            var nominal: String
            var state: String
        }

        /// Every line of the history, once nothing is on its way any more.
        private static func ended(_ host: Host) async throws -> [Record] {
            var records: [Record] = []
            try await eventually("all runs are over", seconds: 60) {
                let document = try host.ask("/v1/runs?kind=schedule&schedule=tick&limit=1000").json()
                records = document["items"].array.map {
                    Record(nominal: $0["nominalAt"].string ?? "", state: $0["state"].string ?? "")
                }
                let schedule = try host.ask("/v1/schedules/tick").json()["schedule"]
                let isSuspended = schedule["state"].string == "suspended"
                let open = ["queued", "waiting", "starting", "running", "stopping"]
                return isSuspended && records.allSatisfy { !open.contains($0.state) }
            }
            return records
        }

        private static func compare(_ records: [Record], _ ran: [String]) {
            let times = ran.map(second)
            #expect(Set(times).count == times.count, "a time ran twice: \(times)")
            // What was asked of its keeper and not proven to have begun is lost, and says so.
            let states = Set(records.map(\.state))
            #expect(states.isSubset(of: ["succeeded", "lost", "skipped"]), "\(states)")
            let known = records.filter { $0.state != "skipped" }.map { second($0.nominal) }
            #expect(Set(known).count == known.count, "a time has two lines: \(known)")
            let done = records.filter { $0.state == "succeeded" }.map { second($0.nominal) }
            #expect(Set(done).subtracting(times).isEmpty, "it says that what did not run succeeded")
            #expect(Set(times).subtracting(known).isEmpty, "what ran has no line")
            guard let first = known.min(), let last = known.max() else {
                Issue.record("nothing ran")
                return
            }
            #expect(Set(first...last).subtracting(known).isEmpty, "times were forgotten")
        }

        /// Of the day: `2026-11-22T03:47:26Z` → 13646. A test that runs over midnight begins at 0 again.
        private static func second(_ time: String) -> Int {
            let parts = time.split(separator: "T").last?.prefix(8).split(separator: ":").compactMap {
                Int($0)
            }
            guard let parts, parts.count == 3 else { return -1 }
            return parts[0] * 3_600 + parts[1] * 60 + parts[2]
        }
    }
}
