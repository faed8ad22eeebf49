import Reconciler
import StatusAPI
import Supervisor

/// The last words of a run.
struct RunOutput {
    let stateDir: String

    /// Of a line, how much is shown where the line is not what was asked for.
    private static let lineCharactersMax = 400

    /// Standard error if anything is there, else standard output; the oldest first.
    func last(of run: RunID, in slot: SlotID, lines: Int) -> [OutputLine] {
        let errors = read(run, slot, .stderr, lines)
        return errors.isEmpty ? read(run, slot, .stdout, lines) : errors
    }

    private func read(_ run: RunID, _ slot: SlotID, _ stream: LogLine.Stream, _ lines: Int) -> [OutputLine] {
        // The replica may have changed over to its other slot since.
        var query = LogQuery(slots: [slot, slot.other])
        query.streams = [stream]
        query.run = .id(run)
        query.last = lines
        return LogReader(stateDir: stateDir).lines(query).map { line in
            OutputLine(
                isError: stream == .stderr, time: line.time,
                text: String(line.text.prefix(Self.lineCharactersMax)))
        }
    }
}
