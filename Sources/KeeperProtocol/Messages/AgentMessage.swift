/// What an agent tells a keeper, one SOCK_SEQPACKET packet each.
package enum AgentMessage: Equatable, Sendable {
    /// First on every connection, the one handed over at the start included. The keeper answers with what is
    /// so: `identity`, then `started` or `execFailed`, then `exited`, as far as they have happened.
    case hello(version: UInt16)
    /// Stop the tree. Nil steps: by policy. While a stop is under way, one by policy or with the same steps
    /// changes nothing, and one with other steps takes its place; a drain is never begun anew.
    case stop(steps: [StopStep]?)
    /// Sent to the main process if it is alive.
    case signal(Int32)
    case updatePolicy(KeeperPolicy)
    /// Comes with one descriptor, a sealed memfd with a launch specification: its policy is in force from
    /// now on, and its stop commands run with its environment. Nothing else of it is looked at.
    case updateSpec
    /// Answered at once by `descriptors`, where the keeper has any to hand on.
    case takeDescriptors
    /// What the run was given is in other hands, or not wanted any more: a keeper whose run is over goes.
    case releaseDescriptors
    /// The agent has the exit record where it cannot be lost: the keeper may go without waiting for its disk.
    case acknowledgeExit
    /// Answered by a `pong` with the same token.
    case ping(token: UInt64)
    /// From a newer agent; ignored.
    case unknown(type: UInt16)
}

private enum Tag {
    static let version: UInt16 = 1
    static let signal: UInt16 = 2
    static let token: UInt16 = 3
    static let byPolicy: UInt16 = 4
}

extension AgentMessage {
    package func encoded() -> [UInt8] {
        switch self {
        case .hello(let version):
            var writer = FieldWriter(type: FrameType.hello, capacity: 32)
            writer.put(Tag.version, version)
            return writer.finished()
        case .stop(let steps):
            var writer = FieldWriter(type: FrameType.stop)
            writer.put(Tag.byPolicy, steps == nil)
            for step in (steps ?? []).prefix(WireLimits.stopStepsMax) {
                writer.put(SpecTag.stopStep, step.encoded)
            }
            return writer.finished()
        case .signal(let number):
            var writer = FieldWriter(type: FrameType.signal, capacity: 32)
            writer.put(Tag.signal, number)
            return writer.finished()
        case .updatePolicy(let policy):
            var writer = FieldWriter(type: FrameType.updatePolicy)
            writer.put(policy)
            return writer.finished()
        case .updateSpec:
            return FieldWriter(type: FrameType.updateSpec, capacity: 32).finished()
        case .takeDescriptors:
            return FieldWriter(type: FrameType.takeDescriptors, capacity: 32).finished()
        case .releaseDescriptors:
            return FieldWriter(type: FrameType.releaseDescriptors, capacity: 32).finished()
        case .acknowledgeExit:
            return FieldWriter(type: FrameType.acknowledgeExit, capacity: 32).finished()
        case .ping(let token):
            var writer = FieldWriter(type: FrameType.ping, capacity: 32)
            writer.put(Tag.token, token)
            return writer.finished()
        case .unknown(let type):
            return FieldWriter(type: type, capacity: 32).finished()
        }
    }

    private static func isKnown(_ type: UInt16) -> Bool {
        (FrameType.hello...FrameType.releaseDescriptors).contains(type)
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try FieldReader(bytes)
        var version: UInt16 = 0
        var number: Int32 = 0
        var token: UInt64 = 0
        var byPolicy = true
        var policy = KeeperPolicy(stopSteps: [])
        // Tags mean the same in every message of an agent, and a message of a newer agent is skipped whole.
        guard Self.isKnown(reader.type) else {
            self = .unknown(type: reader.type)
            return
        }
        while let field = try reader.next() {
            switch field.tag {
            case Tag.version: version = try field.integer()
            case Tag.signal: number = try field.integer()
            case Tag.token: token = try field.integer()
            case Tag.byPolicy: byPolicy = try field.bool()
            default: try policy.take(field)
            }
        }
        switch reader.type {
        case FrameType.hello: self = .hello(version: version)
        case FrameType.stop: self = .stop(steps: byPolicy ? nil : policy.stopSteps)
        case FrameType.signal:
            guard (1...64).contains(number) else { throw .field(Tag.signal) }
            self = .signal(number)
        case FrameType.updatePolicy: self = .updatePolicy(policy)
        case FrameType.updateSpec: self = .updateSpec
        case FrameType.takeDescriptors: self = .takeDescriptors
        case FrameType.releaseDescriptors: self = .releaseDescriptors
        case FrameType.acknowledgeExit: self = .acknowledgeExit
        default: self = .ping(token: token)
        }
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in try AgentMessage(decoding: raw) }
    }
}
