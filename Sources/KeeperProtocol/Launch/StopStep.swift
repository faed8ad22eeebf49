/// One step of stopping a run. Policy as data: the keeper walks the steps, and decides nothing.
package enum StopStep: Equatable, Sendable {
    /// Sends the signal to the run's main process, then waits this long for it to end.
    case signal(Int32, graceMilliseconds: UInt32)
    /// Kills everything that is left. Always comes last, whether it is written or not.
    case killTree
}

extension StopStep {
    private enum Kind {
        static let signal: UInt8 = 1
        static let killTree: UInt8 = 2
    }

    /// Kind, signal (4 bytes), grace in milliseconds (4 bytes).
    var encoded: [UInt8] {
        switch self {
        case .signal(let number, let grace):
            var bytes: [UInt8] = [Kind.signal]
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: grace.littleEndian) { bytes.append(contentsOf: $0) }
            return bytes
        case .killTree:
            return [Kind.killTree]
        }
    }

    /// Nil for a kind that a newer agent knows: the step is skipped, and the tree is killed at the end.
    init?(_ field: FieldReader.Field) throws(WireError) {
        guard let kind = field.value.first else { throw .field(field.tag) }
        switch kind {
        case Kind.signal:
            guard field.value.count >= 9 else { throw .field(field.tag) }
            let number = field.value.littleEndian(Int32.self, at: 1)
            guard (1...64).contains(number) else { throw .field(field.tag) }
            self = .signal(number, graceMilliseconds: field.value.littleEndian(UInt32.self, at: 5))
        case Kind.killTree:
            self = .killTree
        default:
            return nil
        }
    }
}

/// How far a run's log may grow.
package struct LogLimits: Equatable, Sendable {
    /// One file of one stream, in bytes; at least 4096.
    package var sizeBytesMax: UInt64
    /// Files of one stream, the one being written included; at least 1.
    package var filesMax: UInt32

    package init(sizeBytesMax: UInt64 = 10 << 20, filesMax: UInt32 = 10) {
        self.sizeBytesMax = max(sizeBytesMax, 4096)
        self.filesMax = min(max(filesMax, 1), 1000)
    }
}

/// What may be changed while a run lives.
package struct KeeperPolicy: Equatable, Sendable {
    /// At most `WireLimits.stopStepsMax`.
    package var stopSteps: [StopStep]
    package var logLimits: LogLimits

    package init(
        stopSteps: [StopStep] = [.signal(15, graceMilliseconds: 5000), .killTree],
        logLimits: LogLimits = LogLimits()
    ) {
        self.stopSteps = stopSteps
        self.logLimits = logLimits
    }
}
