import Foundation
import Testing

@testable import Manifests

/// Whole sources on disk: one in which everything is right, one in which everything is wrong.
@Suite struct FixtureTests {
    @Test func aValidSourceIsAcceptedWhole() throws {
        let assembly = try TestSource(directory: TestSource.fixtures.appending(path: "valid")).assemble()
        #expect(assembly.errors.isEmpty, "\(assembly.headlines)")
        let snapshot = try #require(assembly.snapshot)
        #expect(
            snapshot.units.keys.sorted().map(\.description)
                == ["migrate@0.3.0-rc.1+linux", "queue@2.0.0", "web@1.4.1", "web@1.4.2"])
        #expect(snapshot.instances.keys.sorted() == ["migrate", "queue", "web"])
        #expect(snapshot.resolvedUnits["web"]?.description == "web@1.4.2")
        #expect(snapshot.packageTrees == ["apps/web": "tree:apps/web", "apps/queue": "tree:apps/queue"])
        #expect(snapshot.configFiles.keys.sorted() == ["config/global.yaml", "config/web.json"])
        #expect(snapshot.schedules.keys.sorted() == ["nightly", "queue"])
        #expect(snapshot.scheduleUnits.mapValues(\.description) == ["nightly": "migrate@0.3.0-rc.1+linux"])
        // Plugins are checked, and not acted on.
        #expect(assembly.warnings.map(\.code) == [.notYetActedOn])
        #expect(snapshot.plugins.keys.sorted() == ["consul"])
    }

    @Test func whatIsLeftOutIsSaid() throws {
        let assembly = try TestSource(directory: TestSource.fixtures.appending(path: "valid")).assemble()
        #expect(
            assembly.leftOut.map { "\($0.path): \($0.reason)" } == [
                ".hidden/x.yaml: its path has a component that begins with a dot",
                "apps/web/settings.yaml: part of the artifact apps/web",
                "config/global.yaml: a config file of instances/web.yaml",
                "drafts/idea.yaml: .plumbignore:2: drafts/",
            ])
    }

    /// The golden file is what an operator reads. PLUMB_UPDATE_GOLDEN writes it anew; review the diff.
    @Test func everyMistakeIsNamedWithPlaceAndRemedy() throws {
        let source = try TestSource(directory: TestSource.fixtures.appending(path: "broken"))
        let assembly = source.assemble()
        #expect(assembly.snapshot == nil)
        let text =
            assembly.diagnostics.map { $0.render(sourceLines: source.lines) }.joined(separator: "\n\n") + "\n"
        let golden = TestSource.fixtures.appending(path: "broken.expected.txt")
        if ProcessInfo.processInfo.environment["PLUMB_UPDATE_GOLDEN"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: golden, encoding: .utf8)
        let lines = zip(text.split(separator: "\n"), expected.split(separator: "\n"))
        for (found, wanted) in lines where found != wanted {
            Issue.record("found: \(found)\nwanted: \(wanted)")
            break
        }
        #expect(text == expected)
        #expect(assembly.diagnostics.allSatisfy { !$0.help.isEmpty })
        #expect(Set(assembly.diagnostics.map(\.code)).count >= 50)
    }

    @Test func everyCodeHasAStableNameAndARemedy() {
        for code in DiagnosticCode.allCases {
            #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" || $0.isNumber }, "\(code)")
            #expect(code.summary.hasSuffix(".") && !code.remedy.isEmpty, "\(code)")
        }
        #expect(Set(DiagnosticCode.allCases.map(\.summary)).count == DiagnosticCode.allCases.count)
    }
}
