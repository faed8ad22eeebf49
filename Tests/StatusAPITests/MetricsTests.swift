import Foundation
import Reconciler
import Testing

@testable import StatusAPI

private let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite struct MetricsTests {
    /// A page as Prometheus reads it: its families, and every sample by its name and labels.
    private struct Page {
        var types: [String: String] = [:]
        var helps: [String: String] = [:]
        var samples: [String: Double] = [:]

        init(_ text: String) throws {
            #expect(text.hasSuffix("\n"))
            for line in text.split(separator: "\n") {
                if let match = line.wholeMatch(of: /# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)/) {
                    let name = String(match.output.2)
                    if match.output.1 == "HELP" {
                        #expect(helps.updateValue(String(match.output.3), forKey: name) == nil, "\(line)")
                    } else {
                        #expect(types.updateValue(String(match.output.3), forKey: name) == nil, "\(line)")
                    }
                    continue
                }
                let sample = /([a-z_:][a-z0-9_:]*)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\})? (\S+)/
                let match = try #require(try sample.wholeMatch(in: String(line)), "\(line)")
                let name = String(match.output.1)
                // A family's samples follow its two comments.
                #expect(types[name] != nil && helps[name] != nil, "\(line)")
                let value = try #require(Double(match.output.5), "\(line)")
                let key = name + (match.output.2 ?? "")
                #expect(samples.updateValue(value, forKey: key) == nil, "\(line)")
            }
        }
    }

    private func page(_ state: AgentState = Sample.state()) async throws -> String {
        try await withServer(SampleSource(state)) { at in
            let reply = try await Connection(port: at.port).ask("/metrics")
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            return reply.text
        }
    }

    @Test func whatRunsIsCountedForEachReplica() async throws {
        let page = try Page(try await page())
        let web = "{instance=\"web\",replica=\"0\"}"
        #expect(page.samples["plumb_replica_cpu_seconds_total" + web] == 1.5)
        #expect(page.samples["plumb_replica_memory_bytes" + web] == Double(12 << 20))
        #expect(page.samples["plumb_replica_tasks" + web] == 3)
        // What is not known is not there: 0 would be a lie.
        #expect(page.samples["plumb_replica_memory_peak_bytes" + web] == nil)
        #expect(page.types["plumb_replica_memory_peak_bytes"] == nil)
        #expect(page.samples["plumb_replica_ready" + web] == 1)
        let broken = "{instance=\"broken\",replica=\"0\"}"
        #expect(page.samples["plumb_replica_restarts_total" + broken] == 4)
        #expect(page.samples["plumb_replica_cpu_seconds_total" + broken] == nil)
        #expect(page.samples["plumb_replicas{phase=\"Crashed\"}"] == 1)
    }

    @Test func namesFollowTheConventions() async throws {
        let page = try Page(try await page())
        for (name, type) in page.types {
            #expect(name.hasPrefix("plumb_"))
            #expect((type == "counter") == name.hasSuffix("_total"), "\(name) is a \(type)")
            #expect(page.helps[name]?.hasSuffix(".") == true, "\(name) is not explained")
            for unit in ["milliseconds", "_ms", "kib", "_kb", "_mb", "percent"] {
                #expect(!name.contains(unit), "\(name) is in no base unit")
            }
        }
    }

    @Test func labelsAreEscaped() throws {
        var family = MetricFamily("plumb_trial", .gauge, "One\nline \\ more.")
        family.add(0.25, ["name": "a\"b\\c\nd"])
        family.add(Double.nan, ["name": "e"])
        let text = [family].exposition
        #expect(text.contains("# HELP plumb_trial One\\nline \\\\ more.\n"))
        #expect(text.contains("plumb_trial{name=\"a\\\"b\\\\c\\nd\"} 0.25\n"))
        #expect(text.contains("} NaN\n"))
        _ = try Page(text)
    }

    @Test(
        "promtool finds nothing to complain about (Debian package prometheus)",
        .enabled(if: promtool != nil, "promtool is not installed"))
    func promtoolIsContent() async throws {
        let text = try await page()
        let check = Process()
        check.executableURL = URL(fileURLWithPath: promtool ?? "")
        check.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        check.standardInput = input
        check.standardOutput = output
        check.standardError = output
        try check.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        check.waitUntilExit()
        #expect(check.terminationStatus == 0 && said.isEmpty, "\(said)")
    }
}
