/// What became of an exec probe; the one packet that comes back over its socket.
package struct ProbeResult: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case exited(code: Int32)
        case signaled(Int32)
        /// Killed at its timeout, with all that it forked.
        case timedOut
        case execFailed(step: LaunchStep, errno: Int32)
    }
    package var outcome: Outcome
    /// The first `WireLimits.probeOutputBytesMax` bytes of stdout and stderr together.
    package var output: [UInt8]

    package init(outcome: Outcome, output: [UInt8]) {
        self.outcome = outcome
        self.output = output
    }
}

private enum Tag {
    static let code: UInt16 = 1
    static let signal: UInt16 = 2
    static let timedOut: UInt16 = 3
    static let step: UInt16 = 4
    static let errno: UInt16 = 5
    static let output: UInt16 = 6
}

extension ProbeResult {
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(type: FrameType.probeResult, capacity: 64 + output.count)
        switch outcome {
        case .exited(let code): writer.put(Tag.code, code)
        case .signaled(let number): writer.put(Tag.signal, number)
        case .timedOut: writer.put(Tag.timedOut, true)
        case .execFailed(let step, let errno):
            writer.put(Tag.step, step.rawValue)
            writer.put(Tag.errno, errno)
        }
        writer.put(Tag.output, output)
        return writer.finished()
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in
            var reader = try FieldReader(raw, type: FrameType.probeResult)
            var outcome: Outcome?
            var output: [UInt8] = []
            while let field = try reader.next() {
                switch field.tag {
                case Tag.code: outcome = .exited(code: try field.integer())
                case Tag.signal: outcome = .signaled(try field.integer())
                case Tag.timedOut: outcome = .timedOut
                case Tag.step:
                    let step = LaunchStep(rawValue: try field.integer()) ?? .unknown
                    outcome = .execFailed(step: step, errno: 0)
                case Tag.errno:
                    if case .execFailed(let step, _) = outcome {
                        outcome = .execFailed(step: step, errno: try field.integer())
                    }
                case Tag.output: output = try field.bytes(max: WireLimits.probeOutputBytesMax)
                default: break
                }
            }
            guard let outcome else { throw .field(Tag.code) }
            return ProbeResult(outcome: outcome, output: output)
        }
    }
}
