import Foundation
import Reconciler
import Testing

@testable import Plumb

@Suite("plumb forecast", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct ForecastCommandTests {
    private func repository() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            apiVersion: plumb.dev/v1
            kind: Unit
            metadata: {name: dump}
            spec:
              version: 1.0.0
              profile: oneshot
              entry: {command: /bin/true}
              restart: {policy: never}
            """, to: "units/dump.yaml")
        for (name, trigger) in [
            ("nightly", "{cron: \"30 2 * * *\"}\n  timezone: Europe/Berlin"),
            ("hourly", "{cron: \"0 * * * *\"}\n  timezone: Europe/Berlin"), ("hand", "{manual: true}"),
        ] {
            try folder.write(
                """
                apiVersion: plumb.dev/v1
                kind: Schedule
                metadata: {name: \(name)}
                spec:
                  trigger: \(trigger)
                  action: {run: {unit: dump@^1}}
                """, to: "schedules/\(name).yaml")
        }
        let made = try Shell.run("cd '\(folder.path)' && git init -q . && git add -A")
        try #require(made.status == 0, "\(made.output)")
        return folder
    }

    private func plumb(_ arguments: [String], _ folder: TemporaryFolder) throws -> BuiltBinary.Result {
        try BuiltBinary.run(
            ["forecast", "--repo", ".", "--from", "2026-03-29T00:00:00Z"] + arguments, in: folder.path,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path])
    }

    @Test("Of files as they stand: when, on which clock, and what a change of the clock does") func offline()
        throws
    {
        let folder = try repository()
        let csv = try plumb(["--next", "90m", "-o", "csv"], folder)
        #expect(csv.code == 0, "\(csv.errors)")
        let why =
            "there is no 02:30 on 2026-03-29: the clock goes from 02:00 to 03:00; it runs at the end of that gap"
        #expect(
            csv.output == """
                schedule,at,dueAt,local,outcome,note
                hourly,2026-03-29T00:00:00.000Z,,2026-03-29T01:00:00+01:00,runs,
                hourly,2026-03-29T01:00:00.000Z,,2026-03-29T03:00:00+02:00,runs,
                nightly,2026-03-29T01:00:00.000Z,,2026-03-29T03:00:00+02:00,runs,\(why)

                """)
        let table = try plumb(["--next", "90m", "-o", "wide"], folder)
        let lines = table.output.split(separator: "\n")
        #expect(lines.count == 5 && lines[3].hasPrefix("2026-03-29 03:00:00 +02:00"), "\(table.output)")
        #expect(lines.last == "hand: it fires when a commit changes 'runNonce'", "\(table.output)")
        let json = try plumb(["nightly", "--next", "7d", "-o", "json", "--limit", "2"], folder)
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect((document?["items"] as? [Any])?.count == 2)
        #expect(document?["hasMore"] as? Bool == true)
    }

    @Test("What is wrong is said, with what is meant") func refusals() throws {
        let folder = try repository()
        let name = try plumb(["nightli"], folder)
        #expect(name.code == 2 && name.errors.contains("did you mean 'nightly'?"), "\(name.errors)")
        try folder.write("kind: Schedule\n", to: "schedules/nightly.yaml")
        let invalid = try plumb([], folder)
        #expect(invalid.code == 3 && invalid.errors.contains("schedules/nightly.yaml:1"), "\(invalid.errors)")
    }
}
