import Reconciler
import Testing

@testable import Plumb
@testable import Supervisor

@Suite("Lines of logs") struct LogFormatTests {
    private func line(_ stream: LogLine.Stream) -> LogLine {
        LogLine(
            slot: SlotID(instance: "web", index: 1), stream: stream,
            time: WallTime(nanoseconds: 1_795_252_323_045_999_999), run: nil, bytes: Array("listening".utf8),
            isComplete: true)
    }

    private func text(_ format: LogFormat, _ line: LogLine) -> String {
        String(decoding: format.bytes(line), as: UTF8.self)
    }

    @Test("One replica alone: the line as it was written, fit for a pipe") func bare() {
        let format = LogFormat(paint: .none, namesReplicas: false)
        #expect(text(format, line(.stdout)) == "listening\n")
        #expect(text(format, line(.stderr)) == "listening\n")
    }

    @Test("Several replicas and times stand before the line; ! is standard error") func named() {
        let format = LogFormat(paint: .none, namesReplicas: true, clock: .utc)
        #expect(text(format, line(.stdout)) == "2026-11-21T09:12:03.045Z web/1 | listening\n")
        #expect(text(format, line(.stderr)) == "2026-11-21T09:12:03.045Z web/1 ! listening\n")
    }
}
