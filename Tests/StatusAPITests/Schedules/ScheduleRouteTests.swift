import Reconciler
import Testing

@testable import StatusAPI

/// What is told of Schedules and of their runs.
@Suite("Routes of Schedules") struct ScheduleRouteTests {
    private let source = SampleSource(schedules: Sample.schedules, runs: Sample.scheduledRuns)

    private func ask<T: Decodable>(_ type: T.Type, _ target: String) async throws -> T {
        try await withServer(source) { at in
            let reply = try await Connection(port: at.port).ask(target)
            #expect(reply.status == 200, "\(target): \(reply.text)")
            return try reply.document(type)
        }
    }

    private func ids(_ query: String) async throws -> [String] {
        try await ask(ListDocument<RunDocument>.self, "/v1/runs?" + query).items.map(\.runId)
    }

    @Test("Each Schedule says when it fires, by its own clocks, and what is wrong with it")
    func schedules() async throws {
        let list = try await ask(ListDocument<ScheduleDocument>.self, "/v1/schedules")
        #expect(list.items.map(\.name) == ["hourly", "nightly"] && list.total == 2)
        let (hourly, nightly) = (list.items[0], list.items[1])
        #expect(hourly.next?.dueAt == Timestamp(Sample.wall(630)) && hourly.next?.note == "a note")
        #expect(hourly.trouble?.kind == "missed")
        #expect(hourly.trouble?.message == "an earlier run was still going on")
        #expect(hourly.active?.map(\.state) == ["running"])
        #expect(nightly.next?.local == "2026-09-21T16:23:20+02:00")
        #expect(nightly.trouble?.message == "3 runs in a row failed, the last: exit code 3")
        #expect(nightly.trouble?.remedy == "read what it wrote: `plumb runs logs \(Sample.failedRun.id)`")
        #expect(nightly.message == nightly.trouble?.message)
        #expect((nightly.trigger, nightly.action) == ("every 15m", "run web@1.4.2"))
    }

    @Test("Schedules are filtered by state, label and node")
    func filters() async throws {
        for (query, names) in [
            ("state=failing", ["nightly"]), ("state=trouble", ["hourly", "nightly"]),
            ("label=team", ["nightly"]),
            ("node=elsewhere", []), ("state=suspended", []),
        ] {
            let list = try await ask(ListDocument<ScheduleDocument>.self, "/v1/schedules?" + query)
            #expect(list.items.map(\.name) == names, "\(query)")
        }
    }

    @Test("One Schedule tells what is declared, its next times, and how its runs ended")
    func detail() async throws {
        let one = try await ask(ScheduleDetailDocument.self, "/v1/schedules/nightly?upcoming=2")
        #expect(one.upcoming?.map(\.at) == [Timestamp(Sample.wall(900)), Timestamp(Sample.wall(1_800))])
        #expect(one.counts == ["failed": 1, "succeeded": 5])
        #expect(one.declared?.window == "mon,tue 22:00–06:00")
        #expect(one.declared?.backoff == "10s, times 2, at most 10m")
        #expect((one.declared?.timeout, one.declared?.reference) == ("1h", "web@^1.4"))
    }

    @Test("Runs of Instances and of Schedules are one list, page by page, without a double or a gap")
    func pages() async throws {
        try await withServer(source) { at in
            let connection = try Connection(port: at.port)
            var seen: [String] = []
            var cursor: String?
            repeat {
                let query = "limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")
                let page = try await connection.ask("/v1/runs?" + query)
                    .document(ListDocument<RunDocument>.self)
                #expect(page.total == 10)
                seen += page.items.map(\.runId)
                cursor = page.next
            } while cursor != nil && seen.count < 20
            #expect(seen.count == 10 && Set(seen).count == 10)
            #expect(seen == seen.sorted(by: >))
            #expect(seen.contains(Sample.liveRun.text) && seen.contains(Sample.failedRun.id.text))
        }
    }

    @Test("Runs are filtered by whose they are, by state, and by what is asked for")
    func runFilters() async throws {
        #expect(try await ids("kind=instance").count == 2)
        #expect(try await ids("instance=web").count == 2)
        #expect(try await ids("kind=schedule").count == 8)
        #expect(try await ids("schedule=nightly").count == 6)
        #expect(try await ids("schedule=nightly&kind=instance").isEmpty)
        #expect(try await ids("state=failed") == [Sample.failedRun.id.text])
        #expect(try await ids("state=forbidden,failed").count == 2)
        #expect(try await ids("state=live&kind=schedule").count == 1)
        #expect(try await ids("state=ended").count == 8)
        #expect(try await ids("kind=schedule&label=team%3Dshop").count == 6)
        #expect(try await ids("node=elsewhere").isEmpty)
        #expect(try await ids("kind=schedule&since=\(Timestamp(Sample.wall(-300)))").count == 2)
    }

    @Test("A run tells each attempt, its exit, what it left, and where its files are")
    func run() async throws {
        let one = try await ask(RunDetailDocument.self, "/v1/runs/\(Sample.failedRun.id)")
        #expect((one.run.kind, one.run.schedule, one.run.state) == ("schedule", "nightly", "failed"))
        #expect((one.run.reasonCode, one.run.reason, one.run.exit?.code) == ("ExitCode", "exit code 3", 3))
        #expect((one.run.lateSeconds, one.run.attempt, one.run.seconds) == (0, 2, 30))
        #expect(one.run.nominalLocal == "2026-09-21T15:13:20+02:00")
        #expect(one.attempts?.count == 2)
        #expect(one.output == [OutputFileDocument(Sample.failedRun.output[0])])
        // Each process has a directory of its own; the newest has the run's.
        #expect(one.attempts?.first?.directory == "/schedules/nightly/\(Sample.failedRun.id)")
        #expect(one.directory == one.attempts?.last?.directory)
        #expect(one.directory?.hasSuffix(Sample.failedRun.attempts[1].run.text) == true)
        // What it wrote is for those alone who may read logs.
        #expect(one.stderr == nil)
    }

    @Test("What a run wrote is told to the local socket, with secrets masked")
    func output() async throws {
        let directory = TemporaryDirectory()
        let masked = SampleSource(
            mask: SecretMask(["correct-horse"]), schedules: Sample.schedules, runs: Sample.scheduledRuns)
        try await withServer(masked, socket: directory.path + "/s") { at in
            let path = "/v1/runs/\(Sample.failedRun.id)"
            let local = try Connection(socket: directory.path + "/s")
            let one = try await local.ask(path).document(RunDetailDocument.self)
            #expect(one.stderr?.hasPrefix("cannot open /srv/report\nthe secret is ") == true)
            #expect(one.stderr?.contains("correct-horse") == false)
            let logs = try await local.ask(path + "/logs").document(LogListDocument.self)
            #expect(logs.items.map(\.text) == ["cannot open /srv/report"])
            #expect(try await Connection(port: at.port).ask(path + "/logs").status == 404)
            let never = Sample.schedules[0].last?.id.text ?? ""
            #expect(try await local.ask("/v1/runs/\(never)/logs").status == 404)
        }
    }

    @Test("The first digits of an id are enough, as far as they are of one run")
    func prefixes() async throws {
        try await withServer(source) { at in
            let connection = try Connection(port: at.port)
            let id = Sample.failedRun.id.text
            let found = try await connection.ask("/v1/runs/" + id.prefix(12)).document(RunDetailDocument.self)
            #expect(found.run.runId == id)
            let several = try await connection.ask("/v1/runs/" + id.prefix(4))
            #expect(several.status == 400 && several.text.contains("begins the ids of several runs"))
            #expect(try await connection.ask("/v1/runs/ffff").status == 404)
            #expect(try await connection.ask("/v1/runs/0").status == 404)
        }
    }

    @Test("An answer that stayed the same is not sent again")
    func unchanged() async throws {
        try await withServer(source) { at in
            let connection = try Connection(port: at.port)
            for target in ["/v1/schedules", "/v1/schedules/nightly", "/v1/runs?kind=schedule"] {
                let tag = try #require(try await connection.ask(target).headers["etag"])
                let again = try await connection.ask(target, extra: "If-None-Match: \(tag)\r\n")
                #expect(again.status == 304, "\(target)")
            }
        }
    }

    @Test("Status counts Schedules and names those in trouble, the worst first")
    func status() async throws {
        let status = try await ask(StatusDocument.self, "/v1/status")
        let schedules = try #require(status.schedules)
        #expect((schedules.total, schedules.inTrouble) == (2, 2))
        #expect(schedules.byState == ["active": 1, "failing": 1])
        #expect(schedules.troubled.map(\.name) == ["nightly", "hourly"])
    }

    @Test("A write to a Schedule or to its run is told which file to edit")
    func writes() async throws {
        try await withServer(source) { at in
            let reply = try await Connection(port: at.port).ask("/v1/schedules/nightly", method: "POST")
            let problem = try reply.document(ProblemDocument.self)
            #expect(reply.status == 405 && problem.declaredAt == "schedules/nightly.yaml:3")
        }
    }
}
