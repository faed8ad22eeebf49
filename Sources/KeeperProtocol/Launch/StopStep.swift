/// One step of stopping a run. Policy as data: the keeper walks the steps, and decides nothing. Every step
/// but the last ends early with the run's main process.
package enum StopStep: Equatable, Sendable {
    /// Sends the signal to the run's main process, then waits this long for it to end.
    case signal(Int32, graceMilliseconds: UInt32)
    /// Kills everything that is left. Always comes last, whether it is written or not.
    case killTree
    /// Closes the writing end of the run's standard input, then waits this long. Nothing where the run has
    /// no pipe there.
    case closeInput(graceMilliseconds: UInt32)
    /// Runs a program with the rights and the surroundings of the run, `PLUMB_MAIN_PID` besides, until it
    /// ends or is killed at its timeout. Only in a policy that came in a launch specification, whose
    /// environment it gets.
    case command(StopCommand, timeoutMilliseconds: UInt32)
    /// Does nothing for this long: the run drains.
    case wait(milliseconds: UInt32)
}

/// The program of a stop step.
package struct StopCommand: Equatable, Sendable {
    /// An absolute path.
    package var executable: String
    /// `argv`, the name of the program included.
    package var arguments: [String]

    package init(executable: String, arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }
}

extension StopStep {
    private enum Kind {
        static let signal: UInt8 = 1
        static let killTree: UInt8 = 2
        static let closeInput: UInt8 = 3
        static let command: UInt8 = 4
        static let wait: UInt8 = 5
    }

    /// Kind, then signal (4 bytes) where it is one, then milliseconds (4 bytes), then the strings of a
    /// command, each with a zero byte at its end.
    var encoded: [UInt8] {
        switch self {
        case .signal(let number, let grace): [Kind.signal] + Self.bytes(number) + Self.bytes(grace)
        case .killTree: [Kind.killTree]
        case .closeInput(let grace): [Kind.closeInput] + Self.bytes(grace)
        case .wait(let time): [Kind.wait] + Self.bytes(time)
        case .command(let command, let timeout):
            ([command.executable] + command.arguments).reduce([Kind.command] + Self.bytes(timeout)) {
                $0 + Array($1.utf8) + [0]
            }
        }
    }

    private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// Nil for a kind that a newer agent knows: the step is skipped, and the tree is killed at the end.
    init?(_ field: FieldReader.Field) throws(WireError) {
        guard let kind = field.value.first else { throw .field(field.tag) }
        func number<T: FixedWidthInteger>(at offset: Int) throws(WireError) -> T {
            guard field.value.count >= offset + MemoryLayout<T>.size else { throw .field(field.tag) }
            return field.value.littleEndian(T.self, at: offset)
        }
        switch kind {
        case Kind.signal:
            let signal: Int32 = try number(at: 1)
            guard (1...64).contains(signal) else { throw .field(field.tag) }
            self = .signal(signal, graceMilliseconds: try number(at: 5))
        case Kind.killTree: self = .killTree
        case Kind.closeInput: self = .closeInput(graceMilliseconds: try number(at: 1))
        case Kind.wait: self = .wait(milliseconds: try number(at: 1))
        case Kind.command:
            self = .command(try StopCommand(field, from: 5), timeoutMilliseconds: try number(at: 1))
        default: return nil
        }
    }
}

extension StopCommand {
    fileprivate init(_ field: FieldReader.Field, from offset: Int) throws(WireError) {
        guard field.value.count > offset, field.value.last == 0 else { throw .field(field.tag) }
        let strings = field.value[offset...].dropLast().split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard strings.count > 1, strings.count <= WireLimits.stopArgumentsMax, strings[0].hasPrefix("/")
        else {
            throw .field(field.tag)
        }
        self.init(executable: strings[0], arguments: Array(strings.dropFirst()))
    }
}

/// How far a run's log may grow.
package struct LogLimits: Equatable, Sendable {
    /// One file of one stream, in bytes; at least 4096.
    package var sizeBytesMax: UInt64
    /// Files of one stream, the one being written included; at least 1.
    package var filesMax: UInt32
    /// How long lines are kept, in nanoseconds; 0: for ever.
    package let ageMax: UInt64

    package init(sizeBytesMax: UInt64 = 10 << 20, filesMax: UInt32 = 10, ageMax: UInt64 = 0) {
        // A century: what is added to a time must not overflow.
        self.ageMax = min(ageMax, 3_155_760_000 * 1_000_000_000)
        self.sizeBytesMax = max(sizeBytesMax, 4096)
        self.filesMax = min(max(filesMax, 1), 1000)
    }
}

/// What may be changed while a run lives.
package struct KeeperPolicy: Equatable, Sendable {
    /// At most `WireLimits.stopStepsMax`.
    package var stopSteps: [StopStep]
    package var logLimits: LogLimits

    /// Whether a step needs the launch specification to be there when it is walked.
    package var hasCommand: Bool {
        stopSteps.contains { if case .command = $0 { true } else { false } }
    }

    package init(
        stopSteps: [StopStep] = [.signal(15, graceMilliseconds: 5000), .killTree],
        logLimits: LogLimits = LogLimits()
    ) {
        self.stopSteps = stopSteps
        self.logLimits = logLimits
    }
}
