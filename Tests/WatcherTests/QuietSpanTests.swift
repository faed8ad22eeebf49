import Testing

@testable import Watcher

/// Silence is no word and no work.
@Suite struct QuietSpanTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("who does nothing is silent at the end of the span") func idle() {
        var span = QuietSpan(.seconds(30), from: start)
        #expect(span.wakeAt == at(15))
        #expect(!span.isOver(at: at(14)) { 500 })
        #expect(!span.isOver(at: at(15)) { 500 })
        #expect(span.wakeAt == at(30))
        #expect(!span.isOver(at: at(29)) { 500 })
        #expect(span.isOver(at: at(30)) { 501 }, "a wake-up is no work")
    }

    @Test("who works without a word is not silent, until it does so no more") func working() {
        var span = QuietSpan(.seconds(30), from: start)
        #expect(!span.isOver(at: at(15)) { 100 })
        #expect(!span.isOver(at: at(30)) { 900 })
        #expect(span.wakeAt == at(45))
        #expect(!span.isOver(at: at(45)) { 1900 })
        #expect(span.isOver(at: at(60)) { 1900 })
    }

    @Test("a guard that was stopped itself asks once more before it judges") func late() {
        var span = QuietSpan(.seconds(30), from: start)
        #expect(!span.isOver(at: at(200)) { 7 })
        #expect(span.isOver(at: at(215)) { 7 })
    }

    @Test(
        "a command that works is let go on, and one that hangs is ended",
        .enabled(if: ReaderUnderTest.hasChild, "needs the executable plumb beside the tests"))
    func guarded() throws {
        let link = GuardLink(guardCommand: [try #require(ReaderUnderTest.executable), CommandGuard.name])
        func end(_ script: String) -> GuardedResult.End? {
            let command = GuardedCommand(
                arguments: ["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"],
                timeout: .seconds(60), silence: .seconds(1))
            return link.run(command, wake: -1) { false }?.end
        }
        #expect(end("timeout 3 sh -c 'while :; do :; done'; exit 7") == .exited(7))
        #expect(end("sleep 50") == .silent)
    }
}
