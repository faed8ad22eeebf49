import Testing

@testable import Manifests

/// Schedules as they are written, and what is made of them.
@Suite struct ScheduleTests {
    private static let task = Sample.unit(
        "task", version: "1.2.0", "profile: oneshot\nconfig: {fields: [{name: depth, type: int}]}")

    private func schedule(_ spec: String, name: String = "nightly") throws -> ScheduleDeclaration {
        let assembly = TestSource(["u.yaml": Self.task, "s.yaml": Self.text(name, spec)]).assemble()
        #expect(assembly.errors.isEmpty, "\(assembly.headlines)")
        return try #require(assembly.snapshot?.schedules[name])
    }

    private static func text(_ name: String, _ spec: String) -> String {
        "apiVersion: plumb.dev/v1\nkind: Schedule\nmetadata: {name: \(name)}\nspec:\n"
            + spec.split(separator: "\n").map { "  " + $0 + "\n" }.joined()
    }

    @Test func everyFieldIsRead() throws {
        let read = try schedule(
            """
            trigger: {cron: "0 3 * * *"}
            timezone: Europe/Berlin
            dst: {gap: skip, overlap: twice}
            startingDeadline: 10m
            catchUp: {policy: all, max: 7}
            jitter: 30s
            concurrency: {policy: queue, max: 3}
            window: {days: [sat, sun], from: "22:00", to: "06:30"}
            suspend: true
            runNonce: 3
            action: {run: {unit: task@^1, config: {depth: 4}, args: [--fast, 7]}}
            timeout: 1h
            retries: {max: 2, backoff: {initial: 5s, factor: 3, max: 1m}}
            successExitCodes: [2, 75]
            history: {keep: 5, keepFailed: 6, maxAge: 7d}
            nodes: {names: [edge-1]}
            secrets: {TOKEN: {file: token}}
            stop: {grace: 9s}
            logging: {maxFiles: 2}
            """)
        #expect(read.trigger == .cron(try CronExpression.parse("0 3 * * *")))
        #expect(read.timezone == "Europe/Berlin" && read.suspend && read.runNonce == "3")
        #expect(read.dst == ClockChangePolicy(gap: .skip, overlap: .twice))
        #expect(read.startingDeadline == .seconds(600) && read.timeout == .seconds(3_600))
        #expect(read.catchUp == CatchUpPolicy(policy: .all, max: 7) && read.jitter == .seconds(30))
        #expect(read.concurrency == ConcurrencyPolicy(policy: .queue, max: 3))
        #expect(read.window == RunWindow(days: [0, 6], from: 1_320, to: 390))
        #expect(
            read.retries == RetryPolicy(max: 2, initial: .seconds(5), factor: 3, longest: .seconds(60)))
        #expect(read.successExitCodes == [2, 75] && read.nodes.names == ["edge-1"])
        #expect(read.history == RunHistoryPolicy(keep: 5, keepFailed: 6, maxAge: .seconds(7 * 86_400)))
        #expect(read.secrets == ["TOKEN": "token"] && read.arguments == ["--fast", "7"])
        let runner = try #require(read.runner)
        #expect(runner.unit.text == "^1" && runner.config == ["depth": .int(4)])
        #expect(runner.overrides.stop?.grace == .seconds(9) && runner.overrides.logging?.maxFiles == 2)
        #expect(runner.source.location(of: "spec.config.depth").line == 15)
    }

    @Test func whatIsNotWrittenHasItsDefault() throws {
        let read = try schedule("trigger: {interval: 15m}\naction: {run: {unit: task}}")
        let usual = ScheduleDeclaration(
            metadata: read.metadata, trigger: .interval(.seconds(900), anchor: 0), action: read.action,
            source: read.source)
        #expect(read.trigger == usual.trigger && read.timezone == "UTC" && read.dst == usual.dst)
        #expect(read.catchUp == usual.catchUp && read.concurrency == usual.concurrency)
        #expect(read.retries == usual.retries && read.history == usual.history)
        #expect(read.startingDeadline == nil && read.timeout == nil && read.window == nil)
        #expect(read.jitter == .zero && !read.suspend && read.runNonce.isEmpty)
    }

    @Test(
        arguments: [
            ("interval: 1h, anchor: \"2026-01-01T00:00:00Z\"", 1_767_225_600),
            ("interval: 1h, anchor: 2026-01-01T01:30:00+01:30", 1_767_225_600),
            ("interval: 1h, anchor: \"2024-02-29T23:59:59Z\"", 1_709_251_199), ("interval: 1h", 0),
        ])
    func anchors(_ trigger: String, _ seconds: Int64) throws {
        let read = try schedule("trigger: {\(trigger)}\naction: {run: {unit: task}}")
        #expect(read.trigger == .interval(.seconds(3_600), anchor: seconds))
    }

    @Test func triggersThatAreNotTheClock() throws {
        let action = "\naction: {run: {unit: task}}"
        #expect(try schedule("trigger: {manual: true}" + action).trigger == .manual)
        let path = try schedule("trigger: {path: {glob: \"/srv/in/[!.]*.csv\", settle: 5s}}" + action)
        #expect(path.trigger == .path(PathTrigger(glob: "/srv/in/[!.]*.csv", settle: .seconds(5))))
        let source = TestSource([
            "u.yaml": Self.task, "w.yaml": Sample.unit("web"), "i.yaml": Sample.instance("web", unit: "web"),
            "a.yaml": Self.text("web", "trigger: {event: {instance: web}}" + action),
            "b.yaml": Self.text("next", "trigger: {event: {schedule: web, outcome: failed}}" + action),
            "c.yaml": Self.text(
                "hup", "trigger: {cron: \"@daily\"}\naction: {signal: {instance: web, signal: SIGHUP}}"),
            // What a crash sets off may restart: a restart is no crash.
            "d.yaml": Self.text(
                "heal",
                "trigger: {event: {instance: web, phase: crashed}}\naction: {restart: {instance: web}}"),
        ])
        let schedules = try #require(source.assemble().snapshot, "\(source.assemble().headlines)").schedules
        #expect(schedules["web"]?.trigger == .event(.instance("web", phase: .ready)))
        #expect(schedules["next"]?.trigger == .event(.schedule("web", outcome: .failed)))
        #expect(schedules["hup"]?.runner == nil && schedules["heal"]?.runner == nil)
    }

    /// A caret under the character, in quotes and without.
    @Test(
        arguments: [
            ("{cron: \"0 25 * * *\"}", 22), ("{cron: 0 25 * * *}", 21),
            ("{calendar: 'Mon..Fry 03:00'}", 29),
        ])
    func whatIsWrongInAnExpressionIsShownInIt(_ trigger: String, _ column: Int) throws {
        let source = TestSource([
            "u.yaml": Self.task,
            "s.yaml": Self.text("nightly", "trigger: \(trigger)\naction: {run: {unit: task}}"),
        ])
        let found = try #require(source.assemble().errors.first)
        #expect(found.code == .invalidCalendar && found.location.line == 5, "\(found)")
        #expect(found.location.column == column, "\(found)")
    }

    /// Cycles that lead through the Instance which a Schedule restarts.
    @Test func circlesAreNamedWhole() throws {
        let source = TestSource([
            "u.yaml": Self.task, "w.yaml": Sample.unit("web"), "i.yaml": Sample.instance("web", unit: "web"),
            "a.yaml": Self.text("a", "trigger: {event: {schedule: b}}\naction: {restart: {instance: web}}"),
            "b.yaml": Self.text("b", "trigger: {event: {instance: web}}\naction: {run: {unit: task}}"),
        ])
        let found = try #require(source.assemble().errors.first)
        #expect(found.code == .triggerCycle && found.message.hasSuffix("a → b → a"), "\(found.message)")
        #expect(found.notes.count == 2 && found.notes.contains { $0.message.contains("restarts 'web'") })
    }

    @Test func duplicatesNameBothPlaces() throws {
        let spec = "trigger: {manual: true}\naction: {run: {unit: task}}"
        let source = TestSource([
            "u.yaml": Self.task, "a.yaml": Self.text("x", spec), "b.yaml": Self.text("x", spec),
        ])
        let found = try #require(source.assemble().errors.first)
        #expect(found.code == .duplicateName && found.location.file == "b.yaml")
        #expect(found.notes.first?.location.file == "a.yaml")
    }

    @Test(arguments: ["/srv/in/*.csv", "/a/[]x]*", "/a/b", "/a*/b?/[a-z]/c"])
    func patternsOfPaths(_ glob: String) { #expect(HostGlob.accepts(glob)) }

    @Test(
        arguments: ["", "/", "srv/*", "/srv/../x", "/srv/**/x", "/srv/[a", "/srv/in/", "/*/*/*/*/*", "/a\\b"])
    func patternsThatAreNone(_ glob: String) { #expect(!HostGlob.accepts(glob)) }
}
