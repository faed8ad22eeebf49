/// What a keeper tells an agent, one SOCK_SEQPACKET packet each.
package enum KeeperMessage: Equatable, Sendable {
    /// The child exists and is recorded in `id`; it may not have executed its program yet.
    case identity(RunIdentity)
    /// The program is executing.
    case started
    /// It never will; `exited` with the same cause follows.
    case execFailed(step: LaunchStep, errno: Int32)
    /// Reaped, its tree killed, its output drained. Once this is answered by `acknowledgeExit`, or is
    /// durable, the keeper goes: the connection ends and the slot's lock is free.
    case exited(ExitRecord)
    /// Comes before `exited`: something of the tree may still be alive.
    case treeUnproven
    /// So many more bytes of this stream were dropped; told while it lasts, when writing works
    /// again, and at the end; and the sum of all to a new connection.
    case logGap(stream: LogStream, lostBytes: UInt64)
    /// Since `since` (nanoseconds since 1970) output of this stream is lost, and why; nil: no longer.
    case logTrouble(stream: LogStream, loss: LogLoss?, since: UInt64)
    case pong(token: UInt64, status: KeeperStatus)
    /// All that the run has said of itself over its notify socket. Told when it changes, a few times a second
    /// at most.
    case notified(NotifyState)
    /// What the run was given and may be given to its successor, in the order of the descriptors that come
    /// along.
    case descriptors(owner: String, [PassedDescriptor])
    /// The command of a stop step did not end with exit code 0; the next step follows. `step` counts from 0,
    /// a drain included.
    case stopCommandFailed(step: UInt8, ProbeResult.Outcome)
    /// So many processes of the run's group were killed for want of memory since it began; told to whoever
    /// connects, and at each change.
    case memoryKills(total: UInt64)
    /// From a newer keeper; ignore it.
    case unknown(type: UInt16)
}

package enum LogStream: UInt8, Sendable, CaseIterable {
    case stdout = 1
    case stderr = 2
}

/// A keeper's own state, for `ping`.
package struct KeeperStatus: Equatable, Sendable {
    package enum Phase: UInt8, Sendable {
        case starting = 0
        case running = 1
        case stopping = 2
        case ended = 3
    }
    package var phase: Phase
    package var stdout: StreamTotals
    package var stderr: StreamTotals

    package init(phase: Phase, stdout: StreamTotals = StreamTotals(), stderr: StreamTotals = StreamTotals()) {
        self.phase = phase
        self.stdout = stdout
        self.stderr = stderr
    }
}

private enum Tag {
    static let step: UInt16 = 1
    static let errno: UInt16 = 2
    static let stream: UInt16 = 3
    static let lost: UInt16 = 4
    static let token: UInt16 = 5
    static let phase: UInt16 = 6
    static let stdoutLogged: UInt16 = 7
    static let stdoutLost: UInt16 = 8
    static let stderrLogged: UInt16 = 9
    static let stderrLost: UInt16 = 10
    static let index: UInt16 = 11
    static let result: UInt16 = 12
    static let owner: UInt16 = 13
    static let passed: UInt16 = 14
    static let memoryKills: UInt16 = 70
    static let loss: UInt16 = 80
    static let since: UInt16 = 81
}

extension KeeperMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .identity(let identity):
            var writer = FieldWriter(type: FrameType.identity)
            identity.put(into: &writer)
            return writer.finished()
        case .started:
            return FieldWriter(type: FrameType.started, capacity: 32).finished()
        case .execFailed(let step, let errno):
            var writer = FieldWriter(type: FrameType.execFailed, capacity: 32)
            writer.put(Tag.step, step.rawValue)
            writer.put(Tag.errno, errno)
            return writer.finished()
        case .exited(let record):
            var writer = FieldWriter(type: FrameType.exited, capacity: ExitRecord.fileBytes)
            record.put(into: &writer)
            return writer.finished()
        case .treeUnproven:
            return FieldWriter(type: FrameType.treeUnproven, capacity: 32).finished()
        case .logGap(let stream, let lost):
            var writer = FieldWriter(type: FrameType.logGap, capacity: 64)
            writer.put(Tag.stream, stream.rawValue)
            writer.put(Tag.lost, lost)
            return writer.finished()
        case .logTrouble(let stream, let loss, let since):
            var writer = FieldWriter(type: FrameType.logTrouble, capacity: 64)
            writer.put(Tag.stream, stream.rawValue)
            writer.put(Tag.loss, loss?.packed)
            writer.put(Tag.since, since)
            return writer.finished()
        case .pong(let token, let status):
            return Self.encodedPong(token, status)
        case .notified(let state):
            return state.encoded()
        case .descriptors(let owner, let passed):
            var writer = FieldWriter(type: FrameType.descriptors)
            writer.put(Tag.owner, owner)
            for descriptor in passed { writer.put(Tag.passed, descriptor.encoded) }
            return writer.finished()
        case .stopCommandFailed(let step, let outcome):
            var writer = FieldWriter(type: FrameType.stopCommandEnded, capacity: 64)
            writer.put(Tag.index, step)
            writer.put(Tag.result, nested: ProbeResult(outcome: outcome, output: []).encoded())
            return writer.finished()
        case .memoryKills(let total):
            var writer = FieldWriter(type: FrameType.memoryKills, capacity: 32)
            writer.put(Tag.memoryKills, total)
            return writer.finished()
        case .unknown(let type):
            return FieldWriter(type: type, capacity: 32).finished()
        }
    }

    private static func encodedPong(_ token: UInt64, _ status: KeeperStatus) -> [UInt8] {
        var writer = FieldWriter(type: FrameType.pong)
        writer.put(Tag.token, token)
        writer.put(Tag.phase, status.phase.rawValue)
        writer.put(Tag.stdoutLogged, status.stdout.loggedBytes)
        writer.put(Tag.stdoutLost, status.stdout.lostBytes)
        writer.put(Tag.stderrLogged, status.stderr.loggedBytes)
        writer.put(Tag.stderrLost, status.stderr.lostBytes)
        return writer.finished()
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        let reader = try FieldReader(bytes)
        switch reader.type {
        case FrameType.identity: self = .identity(try RunIdentity(reader))
        case FrameType.started: self = .started
        case FrameType.exited: self = .exited(try ExitRecord(reader))
        case FrameType.treeUnproven: self = .treeUnproven
        case FrameType.notified: self = .notified(try NotifyState(reader))
        case FrameType.descriptors: self = try Self.descriptors(reader)
        case FrameType.stopCommandEnded: self = try Self.stopCommand(reader)
        case FrameType.execFailed, FrameType.logGap, FrameType.logTrouble, FrameType.pong,
            FrameType.memoryKills:
            self = try Self.small(reader)
        default: self = .unknown(type: reader.type)
        }
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in try KeeperMessage(decoding: raw) }
    }

    private static func descriptors(_ fields: FieldReader) throws(WireError) -> KeeperMessage {
        var reader = fields
        var owner = ""
        var passed: [PassedDescriptor] = []
        while let field = try reader.next() {
            switch field.tag {
            case Tag.owner: owner = try field.string(max: WireLimits.passedBytesMax)
            case Tag.passed:
                // One of an unknown kind would put the others at the wrong descriptors.
                guard passed.count < WireLimits.passedMax, let descriptor = try PassedDescriptor(field) else {
                    throw .field(Tag.passed)
                }
                passed.append(descriptor)
            default: break
            }
        }
        return .descriptors(owner: owner, passed)
    }

    private static func stopCommand(_ fields: FieldReader) throws(WireError) -> KeeperMessage {
        var reader = fields
        var step: UInt8 = 0
        var result: ProbeResult?
        while let field = try reader.next() {
            switch field.tag {
            case Tag.index: step = try field.integer()
            case Tag.result: result = try ProbeResult(decoding: [UInt8](field.value))
            default: break
            }
        }
        guard let result else { throw .field(Tag.result) }
        return .stopCommandFailed(step: step, result.outcome)
    }

    private static func small(_ fields: FieldReader) throws(WireError) -> KeeperMessage {
        var reader = fields
        var step = LaunchStep.unknown
        var errno: Int32 = 0
        var stream = LogStream.stdout
        var lost: UInt64 = 0
        var token: UInt64 = 0
        var loss: LogLoss?
        var since: UInt64 = 0
        var memoryKills: UInt64 = 0
        var status = KeeperStatus(phase: .running)
        while let field = try reader.next() {
            switch field.tag {
            case Tag.step: step = LaunchStep(rawValue: try field.integer()) ?? .unknown
            case Tag.errno: errno = try field.integer()
            case Tag.stream: stream = LogStream(rawValue: try field.integer()) ?? .stdout
            case Tag.lost: lost = try field.integer()
            case Tag.token: token = try field.integer()
            case Tag.loss: loss = LogLoss(packed: try field.integer())
            case Tag.since: since = try field.integer()
            case Tag.phase: status.phase = KeeperStatus.Phase(rawValue: try field.integer()) ?? .running
            case Tag.stdoutLogged: status.stdout.loggedBytes = try field.integer()
            case Tag.stdoutLost: status.stdout.lostBytes = try field.integer()
            case Tag.stderrLogged: status.stderr.loggedBytes = try field.integer()
            case Tag.stderrLost: status.stderr.lostBytes = try field.integer()
            case Tag.memoryKills: memoryKills = try field.integer()
            default: break
            }
        }
        switch fields.type {
        case FrameType.execFailed: return .execFailed(step: step, errno: errno)
        case FrameType.logGap: return .logGap(stream: stream, lostBytes: lost)
        case FrameType.logTrouble: return .logTrouble(stream: stream, loss: loss, since: since)
        case FrameType.memoryKills: return .memoryKills(total: memoryKills)
        default: return .pong(token: token, status: status)
        }
    }
}
