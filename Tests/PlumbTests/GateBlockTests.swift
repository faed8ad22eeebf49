import Foundation
import Manifests
import Reconciler
import Testing

@testable import Plumb

@Suite("Gates in the settings file") struct GateBlockTests {
    private func blocks(_ text: String) throws -> GateBlocks {
        let folder = try TemporaryFolder()
        try folder.write("apiVersion: plumb.dev/v1\nkind: Agent\n\(text)\n", to: "agent.yaml")
        return try GateBlocks(try AgentFile(named: folder.path + "/agent.yaml"))
    }

    @Test("Defaults, and every setting") func settings() throws {
        #expect(try blocks("").settings == GateSettings())
        #expect(try blocks("").windows.isEmpty)
        let found = try blocks(
            """
            fuse: {maxRemoved: 20%, maxRestarted: 80%, window: 1h}
            applyDelay: 5m
            windows:
              - {days: [mon-wed, sat], from: "22:00", to: "04:30", timezone: Europe/Berlin}
              - {from: "00:00", to: "24:00", timezone: UTC, days: fri-mon}
            """)
        let fuse = FusePolicy(maxRemoved: 20, maxRestarted: 80, window: .seconds(3600))
        #expect(found.settings == GateSettings(fuse: fuse, applyDelay: .seconds(300)))
        #expect(found.windows.map(\.window.days) == [[1, 2, 3, 6], [5, 6, 0, 1]])
        #expect(found.windows.map(\.window.from) == [1320, 0])
        #expect(found.windows.map(\.window.to) == [270, 1440])
        #expect(found.windows.map(\.zone) == ["Europe/Berlin", "UTC"])
    }

    @Test(
        "What is wrong is said with its place",
        arguments: [
            ("fuse: {maxRemoved: 50}", "3:20", "percentage"),
            ("fuse: {maxRemoved: 101%}", "3:20", "percentage"),
            ("fuse: {maxremoved: 50%}", "3:8", "unknown setting fuse.maxremoved"),
            ("fuse: {window: soon}", "3:16", "duration"), ("applyDelay: 5", "3:13", "duration"),
            ("trust: {approvers: [ann]}", "3:20", "needs trust.commits.require"),
            ("windows: []", "3:10", "1 to 50 windows"),
            ("windows:\n  - {from: \"22:00\", to: \"23:00\"}", "4:5", "says its timezone"),
            (
                "windows:\n  - {from: \"22:00\", to: \"23:00\", timezone: Europe/Berln}", "4:",
                "did you mean 'Europe/Berlin'?"
            ),
            ("windows:\n  - {from: \"22:60\", to: \"23:00\", timezone: UTC}", "4:12", "time of day"),
            ("windows:\n  - {from: \"22:00\", to: \"24:01\", timezone: UTC}", "4:25", "time of day"),
            (
                "windows:\n  - {days: [noday], from: \"01:00\", to: \"02:00\", timezone: UTC}", "4:",
                "lists days"
            ),
            (
                "windows:\n  - {on: mon, from: \"01:00\", to: \"02:00\", timezone: UTC}", "4:",
                "unknown setting"
            ),
        ])
    func faults(text: String, place: String, words: String) {
        let failure = #expect(throws: CommandFailure.self) { try blocks(text) }
        #expect(failure?.message.contains("agent.yaml:\(place)") == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }
}

@Suite("Maintenance windows") struct WindowCalendarTests {
    private func wall(_ text: String) -> WallTime {
        guard let date = try? Date(text, strategy: .iso8601) else { return WallTime(nanoseconds: 0) }
        return WallTime(nanoseconds: Int64(date.timeIntervalSince1970) * 1_000_000_000)
    }

    private func calendar(_ days: Set<Int>, _ from: Int, _ to: Int, _ zone: String) -> WindowCalendar {
        WindowCalendar(windows: [
            MaintenanceWindow(window: RunWindow(days: days, from: from, to: to), zone: zone)
        ])
    }

    @Test("Without windows it is always open") func none() {
        #expect(WindowCalendar(windows: []).windows(at: wall("2026-01-01T00:00:00Z")) == .always)
    }

    @Test(
        "Over midnight, to the second, in a zone of its own",
        arguments: [
            // Friday and Saturday, 22:00 to 04:00 in Berlin, which is an hour ahead of UTC in winter.
            ("2026-01-02T20:59:59Z", "closed", "2026-01-02T21:00:00Z"),
            ("2026-01-02T21:00:00Z", "open", "2026-01-03T03:00:00Z"),
            ("2026-01-03T02:59:59Z", "open", "2026-01-03T03:00:00Z"),
            ("2026-01-03T03:00:00Z", "closed", "2026-01-03T21:00:00Z"),
            ("2026-01-04T12:00:00Z", "closed", "2026-01-09T21:00:00Z"),
            // Summer time begins on Sunday 2026-03-29 at 02:00: the night is an hour shorter.
            ("2026-03-28T22:00:00Z", "open", "2026-03-29T02:00:00Z"),
            ("2026-07-03T19:59:59Z", "closed", "2026-07-03T20:00:00Z"),
            // It ends on Sunday 2026-10-25: the night is an hour longer.
            ("2026-10-24T20:00:00Z", "open", "2026-10-25T03:00:00Z"),
        ])
    func openings(at: String, state: String, until: String) {
        let found = calendar([5, 6], 22 * 60, 4 * 60, "Europe/Berlin").windows(at: wall(at))
        #expect(found == (state == "open" ? .open(until: wall(until)) : .closed(opensAt: wall(until))))
    }

    @Test("Windows that touch are one opening; a whole day is one") func adjoining() {
        let days = calendar([1, 2], 0, 24 * 60, "UTC")
        #expect(days.windows(at: wall("2026-01-05T12:00:00Z")) == .open(until: wall("2026-01-07T00:00:00Z")))
        let always = calendar(Set(0...6), 0, 0, "UTC")
        guard case .open = always.windows(at: wall("2026-01-05T12:00:00Z")) else {
            Issue.record("a window of every whole day is never closed")
            return
        }
    }

    @Test("A time that a day does not have is no obstacle") func missingHour() {
        // 02:30 does not exist in Berlin on 2026-03-29.
        let found = calendar([0], 150, 270, "Europe/Berlin").windows(at: wall("2026-03-29T00:00:00Z"))
        guard case .closed(let opensAt?) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(opensAt >= wall("2026-03-29T01:00:00Z") && opensAt <= wall("2026-03-29T01:30:00Z"))
    }
}
