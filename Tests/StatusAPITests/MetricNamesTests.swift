import Foundation
import Testing

/// Alert rules and the dashboard are of no use where they ask for what nobody tells.
@Suite struct MetricNamesTests {
    private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every metric that the endpoint can tell, as its source names it.
    private static func told() throws -> Set<String> {
        let folder = top.appendingPathComponent("Sources/StatusAPI").path
        var names: Set<String> = []
        for file in FileManager.default.enumerator(atPath: folder) ?? FileManager.DirectoryEnumerator() {
            guard let file = file as? String, file.hasSuffix(".swift") else { continue }
            let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
            names.formUnion(text.matches(of: #/"(plumb_[a-z_]+[a-z])"/#).map { String($0.output.1) })
        }
        return names
    }

    /// Of a histogram three are told.
    private static func family(_ name: String) -> String {
        for end in ["_bucket", "_sum", "_count"] where name.hasSuffix(end) {
            return String(name.dropLast(end.count))
        }
        return name
    }

    @Test(arguments: ["prometheus/alerts.yaml", "prometheus/alerts_test.yaml", "grafana/plumb.json"])
    func whatIsAskedForIsTold(file: String) throws {
        let text = try String(
            contentsOf: Self.top.appendingPathComponent("packaging/" + file), encoding: .utf8)
        let asked = Set(text.matches(of: #/\bplumb_[a-z_]+[a-z]/#).map { String($0.output) })
        #expect(asked.count >= 5)
        let told = try Self.told()
        #expect(told.count > 40)
        for name in asked.sorted() {
            #expect(told.contains(name) || told.contains(Self.family(name)), "\(file) asks for \(name)")
        }
    }

    /// In full, or by its ending behind the first of a row.
    @Test func thePageOfMetricsNamesThemAll() throws {
        let page = Self.top.appendingPathComponent("docs/operating/metrics.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        for name in try Self.told().sorted() {
            let ending = name.replacingOccurrences(of: "plumb_replica_", with: "_")
            #expect(
                text.contains("`\(name)`") || text.contains("`\(ending)`"),
                "docs/operating/metrics.md does not name \(name)")
        }
    }
}
