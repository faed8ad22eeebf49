import Foundation
import TestKit
import Testing

@testable import Plumb

/// Schedules in `plumb diff --from --to` and in `plumb validate`.
@Suite(
    "Schedules before a merge", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct ScheduleDiffTests {
    private let repository: TemporaryRepository

    init() throws {
        repository = try TemporaryRepository()
        try repository.write(
            "unit.yaml",
            """
            apiVersion: plumb.dev/v1
            kind: Unit
            metadata: {name: task}
            spec: {version: 1.0.0, profile: oneshot, entry: {command: /bin/true}}

            """)
        try declare("backup", "trigger: {cron: 30 3 * * *}\n  timezone: Europe/Berlin")
        try repository.commit("Declare")
        try repository.branch("proposal")
    }

    private func declare(_ name: String, _ spec: String) throws {
        try repository.write(
            "\(name).yaml",
            "apiVersion: plumb.dev/v1\nkind: Schedule\nmetadata: {name: \(name)}\nspec:\n"
                + "  action: {run: {unit: task}}\n  \(spec)\n")
    }

    private func diff(_ arguments: String...) throws -> BuiltBinary.Result {
        try BuiltBinary.run(["diff", "--from", "main", "--to", "proposal"] + arguments, in: repository.path)
    }

    @Test("A change shows fields, places, and the next firings before and after") func changed() throws {
        try declare("backup", "trigger: {cron: 45 4 * * *}\n  timezone: Europe/Berlin")
        try declare("report", "trigger: {event: {schedule: backup}}")
        try repository.commit("Later")
        let text = try diff("--node", "edge-1")
        #expect(text.code == 1)
        let lines = text.output.split(separator: "\n").map(String.init)
        #expect(
            lines.contains {
                $0.hasSuffix("1 schedule added, 1 changed") || $0.contains("1 schedule added, 1 changed ")
            })
        #expect(
            lines.contains { $0.hasPrefix("+ schedule   report") && $0.contains("when backup succeeded") })
        #expect(lines.contains { $0.hasPrefix("~ schedule   backup") && $0.hasSuffix("backup.yaml:6") })
        let next = try #require(lines.first { $0.contains("next: ") })
        #expect(next.contains(" 03:30") && next.contains(" → ") && next.contains(" 04:45"), "\(next)")
        #expect(next.hasSuffix(" 04:45 Europe/Berlin"), "\(next)")
        let markdown = try diff("--format", "markdown")
        #expect(markdown.output.contains("! schedule   backup"), "\(markdown.output)")
        #expect(markdown.output.contains("1 schedule added, 1 changed"), "\(markdown.output)")
    }

    @Test("Programs get the same, with times by UTC") func json() throws {
        repository.remove("backup.yaml")
        try declare("quick", "trigger: {interval: 90s}")
        try repository.commit("Another one")
        let result = try diff("--node", "edge-1", "-o", "json")
        #expect(result.code == 1)
        let value = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let host = try #require((value["hosts"] as? [[String: Any]])?.first)
        let schedules = try #require(host["schedules"] as? [[String: Any]])
        #expect(schedules.map { $0["action"] as? String } == ["added", "removed"])
        let after = try #require(schedules[0]["after"] as? [String: Any])
        let next = try #require(after["next"] as? [String])
        #expect(next.count == 3 && next.allSatisfy { $0.hasSuffix("Z") }, "\(next)")
        #expect(schedules[0]["before"] is NSNull && schedules[1]["after"] is NSNull)
        #expect(schedules[1]["file"] as? String == "backup.yaml" && schedules[1]["line"] as? Int == 3)
    }

    @Test("A change that acts on nothing is none") func quiet() throws {
        try declare("backup", "timezone: Europe/Berlin\n  trigger: {cron: 30 3 * * *} # the same")
        try repository.commit("A comment")
        let result = try diff("--node", "edge-1")
        #expect(result.code == 0 && !result.output.contains("schedule "), "\(result.output)")
    }

    @Test("validate lists what only a host knows, and a zone that this one does not") func validate() throws {
        let listed = try BuiltBinary.run(["validate", "-v", "."], in: repository.path)
        #expect(listed.code == 0)
        #expect(
            listed.output.contains("not checked: timezone Europe/Berlin, used by Schedule backup"),
            "\(listed.output)")
        try declare("backup", "trigger: {cron: 30 3 * * *}\n  timezone: Europe/Berln")
        let wrong = try BuiltBinary.run(["validate", "."], in: repository.path)
        #expect(wrong.code == 0 && wrong.output.contains("backup.yaml:7"), "\(wrong.output)")
        #expect(wrong.output.contains("did you mean 'Europe/Berlin'?"), "\(wrong.output)")
    }
}
