import Testing

@testable import Supervisor

@Suite("Levels of lines") struct LevelTests {
    @Test(
        "What is in common use is recognised",
        arguments: [
            (#"{"level":"warn","msg":"x"}"#, LogLevel.warn), (#"{"time":1,"level":50,"msg":"x"}"#, .error),
            (#"{"msg":"level","nested":{"level":"error"},"severity":"INFO"}"#, .info),
            (#"{"level":20,"msg":"pino"}"#, .debug), (#"{"levelname": "CRITICAL"}"#, .error),
            ("<3>disk on fire", .error), ("<30>daemon said", .info), ("<7>detail", .debug),
            ("2026-11-21 09:12:03,123 ERROR [main] c.e.Web - boom", .error),
            ("2026/11/21 09:12:03 [warn] 12#0: slow", .warn), ("error: cannot open", .error),
            ("ts=2026-11-21T09:12:03Z level=debug msg=x", .debug), (#"lvl="warn" msg=x"#, .warn),
            ("E1121 09:12:03.045 1 web.go:12] boom", .error), ("WARNING: old", .warn),
            ("panic: runtime error", .error), ("Traceback (most recent call last):", .error),
            ("thread 'main' panicked at src/main.rs:2:5:", .error), ("\u{1B}[32mINFO\u{1B}[0m up", .info),
        ])
    func known(_ line: String, _ level: LogLevel) {
        #expect(LevelReader.level(of: Array(line.utf8)) == level, "\(line)")
    }

    @Test(
        "What only speaks of a level has none",
        arguments: [
            "no error found", "GET /error/INFO-page 200", "    at ERROR.main(Web.java:1)", "", "{",
            "{\"level\":",
            "listening on 8080", "log/ERROR.txt", "<999>x", "errors: none",
        ])
    func unknown(_ line: String) {
        #expect(LevelReader.level(of: Array(line.utf8)) == nil, "\(line)")
    }
}
