import Glibc
import Reconciler
import Supervisor

/// Prints records of logs. Lines are data, to a pipe byte for byte as written; what happened between
/// them is told on the terminal where it stands, and on standard error where somebody else reads the data.
final class LogPrinter {
    private let format: LogFormat
    private var buffer: [UInt8] = []
    /// The line that has no end yet, and how much of it was printed.
    private var open: (slot: SlotID, stream: LogLine.Stream, offset: Int)?

    private static let bufferBytesMax = 128 << 10

    init(_ format: LogFormat) { self.format = format }

    func print(_ records: [LogRecord]) throws {
        for record in records { try print(record) }
        try flush()
    }

    func print(_ record: LogRecord) throws {
        switch format.output {
        case .json: buffer += (JSONText.compact(LogFormat.value(record)) + "\n").utf8
        case .raw: if case .line(let line) = record { buffer += format.bytes(line) }
        case .text: if case .line(let line) = record { text(line) } else { try note(record) }
        }
        if buffer.count >= Self.bufferBytesMax { try flush() }
    }

    /// Ends what is open, and gives out everything.
    func finish() throws {
        endLine()
        try flush()
    }

    func flush() throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// A reader that has gone away (`| head`) has what it wanted, and needs no word.
    private static func failure(_ number: Int32) -> any Error {
        if number == EPIPE { return ExitStatus.done }
        return CommandFailure(message: "cannot write standard output: \(String(cString: strerror(number)))")
    }

    private func text(_ line: LogLine) {
        let goesOn =
            line.offset > 0
            && open.map { $0 == (line.slot, line.stream, line.offset) } ?? false
        if !goesOn { endLine() }
        buffer += format.bytes(line, goesOn: goesOn)
        open = line.isComplete ? nil : (line.slot, line.stream, line.offset + line.bytes.count)
    }

    private func endLine() {
        if open != nil { buffer.append(UInt8(ascii: "\n")) }
        open = nil
    }

    private func note(_ record: LogRecord) throws {
        let note = format.note(record)
        // A line that ends here is never gone on with.
        if format.isTerminal || open?.slot == record.slot { endLine() }
        if format.isTerminal {
            buffer += (note + "\n").utf8
        } else {
            // What stands before it in the order of time is given out before it.
            try flush()
            Output.error(note)
        }
    }
}
