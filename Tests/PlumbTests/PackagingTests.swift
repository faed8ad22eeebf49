import Foundation
import Testing

@testable import Plumb

/// What is shipped beside the program: the unit for systemd, and pages for man.
@Suite("Packaging") struct PackagingTests {
    private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    @Test(
        "systemd understands every line of the unit",
        .enabled(if: Shell.has("systemd-analyze"), "systemd-analyze is not installed"))
    func unit() throws {
        let folder = try TemporaryFolder()
        let unit = try String(contentsOfFile: Self.top + "/packaging/systemd/plumb.service", encoding: .utf8)
        // Whether the program is installed is no question of the unit's.
        try folder.write(
            unit.replacingOccurrences(of: "/usr/bin/plumb", with: "/bin/true"), to: "plumb.service")
        let result = try Shell.run("systemd-analyze verify --man=no '\(folder.path)/plumb.service'")
        #expect(result.status == 0)
        #expect(result.output == "")
        for promise in [
            "KillMode=process", "RuntimeDirectoryPreserve=yes", "Delegate=yes", "TasksMax=infinity",
        ] {
            #expect(unit.contains("\n\(promise)\n"), "without \(promise) an upgrade would end what runs")
        }
    }

    @Test(
        "There is a page for every command that help shows, and man can show it",
        .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"),
        .enabled(if: Shell.has("nroff"), "nroff is not installed"))
    func pages() throws {
        let folder = try TemporaryFolder()
        let binary = try #require(BuiltBinary.path)
        let made = try Shell.run("'\(Self.top)/packaging/man.py' '\(binary)' '\(folder.path)'")
        #expect(made.status == 0, "\(made.output)")
        for page in ["plumb", "plumb-status", "plumb-wait", "plumb-diff"] {
            let shown = try Shell.run("nroff -man -ww '\(folder.path)/\(page).1' 2>&1 | sed 's/.\\x08//g'")
            #expect(shown.status == 0)
            #expect(shown.output.contains("SYNOPSIS") && shown.output.contains("EXIT STATUS"))
            #expect(!shown.output.contains("warning"), "\(shown.output)")
        }
        let status = try String(contentsOfFile: folder.path + "/plumb-status.1", encoding: .utf8)
        #expect(status.contains("\\fB\\-w\\fR, \\fB\\-\\-watch\\fR"))
    }
}
