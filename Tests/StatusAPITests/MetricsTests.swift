import Foundation
import Reconciler
import Testing

@testable import StatusAPI

private let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

private let prometheus = ["/usr/bin/prometheus", "/usr/local/bin/prometheus"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}
private let packaging =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/packaging/"

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
                let family = types[name] == nil ? name.replacing(/_(bucket|sum|count)$/, with: "") : name
                #expect(types[family] != nil && helps[family] != nil, "\(line)")
                let value = try #require(Double(match.output.5), "\(line)")
                let key = name + (match.output.2 ?? "")
                #expect(samples.updateValue(value, forKey: key) == nil, "\(line)")
            }
        }
    }

    private func page(_ state: AgentState = Sample.state()) async throws -> String {
        try await withServer(SampleSource(state, schedules: Sample.schedules)) { at in
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
            #expect(["counter", "gauge", "histogram"].contains(type))
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

    @Test func bucketsCountWhatIsBelowThem() async throws {
        let page = try Page(try await page())
        let name = "plumb_plan_duration_seconds"
        #expect(page.types[name] == "histogram")
        #expect(page.samples["\(name)_bucket{le=\"0.01\"}"] == 3)
        #expect(page.samples["\(name)_bucket{le=\"1.0\"}"] == 5)
        #expect(page.samples["\(name)_bucket{le=\"+Inf\"}"] == 6)
        #expect(page.samples["\(name)_count"] == 6)
        #expect(page.samples["\(name)_sum"] == 2.5)
        #expect(page.samples["plumb_rollbacks_total"] == 2)
        #expect(page.samples["plumb_events_total{kind=\"exited\"}"] == 7)
    }

    @Test func requestsAreCountedByRouteAndNotByWhatIsAsked() async throws {
        try await withServer(SampleSource()) { at in
            for target in ["/v1/instances/web", "/v1/instances/none", "/v1/instances/other", "/made/up/1"] {
                _ = try await Connection(port: at.port).ask(target)
            }
            let page = try Page(try await Connection(port: at.port).ask("/metrics").text)
            let name = "plumb_http_requests_total"
            #expect(page.samples["\(name){route=\"/v1/instances/{name}\",code=\"200\"}"] == 1)
            #expect(page.samples["\(name){route=\"/v1/instances/{name}\",code=\"404\"}"] == 2)
            #expect(page.samples["\(name){route=\"other\",code=\"404\"}"] == 1)
            let took = "plumb_http_request_duration_seconds"
            let labels = "route=\"/v1/instances/{name}\",code=\"404\""
            #expect(page.samples["\(took)_count{\(labels)}"] == 2)
            #expect(page.samples["\(took)_bucket{\(labels),le=\"+Inf\"}"] == 2)
            #expect((page.samples["\(took)_sum{\(labels)}"] ?? 0) > 0)
        }
    }

    @Test func whoReadsOpenMetricsGetsIt() async throws {
        try await withServer(SampleSource()) { at in
            let accept =
                "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n"
            let reply = try await Connection(port: at.port).ask("/metrics", extra: accept)
            #expect(
                reply.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(reply.text.hasSuffix("\n# EOF\n"))
            #expect(reply.text.contains("# TYPE plumb_rollbacks counter\nplumb_rollbacks_total 2\n"))
        }
    }

    /// What alerts and the dashboard ask for is told by somebody.
    @Test(arguments: ["prometheus/alerts.yaml", "grafana/plumb.json"])
    func whatIsAskedForIsThere(file: String) async throws {
        let source = SampleSource()
        let serving = Serving(streams: Broadcaster(source: source))
        let families =
            AgentMetrics.families(Sample.state(), [:]) + serving.families
            + ScheduleMetrics.families(Sample.schedules, now: Sample.wall(0))
            + (try #require(await source.meters())).families
        let known = Set(families.map(\.name))
        let text = try String(contentsOfFile: packaging + file, encoding: .utf8)
        let asked = Set(text.matches(of: /plumb_[a-z_]+/).map { String($0.output) })
        #expect(asked.count > 5)
        for name in asked {
            #expect(known.contains(name.replacing(/_(bucket|sum|count)$/, with: "")), "\(name)")
        }
    }

    @Test(
        "Alerts come when they should (Debian package prometheus)",
        .enabled(if: promtool != nil, "promtool is not installed"))
    func alertsComeWhenTheyShould() async throws {
        let tried = try await run(
            promtool ?? "", ["test", "rules", packaging + "prometheus/alerts_test.yaml"])
        #expect(tried.status == 0, "\(tried.output)")
    }

    @Test(
        "Prometheus scrapes it, with a token (Debian package prometheus)",
        .enabled(if: prometheus != nil, "prometheus is not installed"))
    func prometheusScrapes() async throws {
        let directory = TemporaryDirectory()
        let token = AccessToken.make()
        let access = AccessRules(
            tokens: [AccessToken(name: "p", hash: AccessToken.hash(token), scopes: [.metrics])])
        let configuration = StatusConfiguration(listen: "127.0.0.1:0", access: access)
        try await withServer(SampleSource(), configuration) { at, _ in
            let settings = """
                scrape_configs:
                  - job_name: plumb
                    scrape_interval: 1s
                    honor_labels: true
                    authorization: {credentials: "\(token)"}
                    static_configs: [{targets: ["127.0.0.1:\(at.port)"]}]
                """
            let file = directory.path + "/prometheus.yml"
            try settings.write(toFile: file, atomically: true, encoding: .utf8)
            let own = try freePort()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: prometheus ?? "")
            process.arguments = [
                "--config.file=\(file)", "--storage.tsdb.path=\(directory.path)/data",
                "--web.listen-address=127.0.0.1:\(own)", "--log.level=error",
            ]
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
            defer {
                process.terminate()
                process.waitUntilExit()
            }
            let query = "http://127.0.0.1:\(own)/api/v1/query?query="
            try await eventually("Prometheus has seen the histogram") {
                let answer = try await run(
                    "/usr/bin/curl", ["-s", "-g", query + "plumb_plan_duration_seconds_count"])
                return answer.output.contains(",\"6\"]")
            }
            let web = try await run(
                "/usr/bin/curl", ["-s", "-g", query + "plumb_replica_ready{instance=\"web\",replica=\"0\"}"])
            #expect(web.output.contains(",\"1\"]"), "\(web.output)")
        }
    }

    private func freePort() throws -> Int {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, length) == 0 ? getsockname(probe, $0, &length) : -1
            }
        }
        guard result == 0 else { throw ClientError(message: "no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
