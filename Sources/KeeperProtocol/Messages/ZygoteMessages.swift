/// The agent asks the zygote to fork one keeper: one SOCK_SEQPACKET message, its descriptors by SCM_RIGHTS.
package struct ZygoteRequest: Equatable, Sendable {
    /// Chosen by the agent, comes back in the reply.
    package var requestID: UInt64
    /// What the descriptors are, in the order in which they are sent; nil where a newer agent sends what
    /// this build does not know (it is closed unused).
    package var descriptors: [DescriptorRole?]

    package init(requestID: UInt64, descriptors: [DescriptorRole?]) {
        self.requestID = requestID
        self.descriptors = descriptors
    }

    /// The order for a run; the last two may be left out together with their descriptors. What more a run has
    /// comes after them.
    package static let runDescriptors: [DescriptorRole?] = [
        .lock, .spec, .slotDirectory, .outputDirectory, .control, .socketDirectory,
    ]
    /// The order for a probe.
    package static let probeDescriptors: [DescriptorRole?] = [.spec, .control]
}

/// What a descriptor in a request is for. The numbers are for ever.
package enum DescriptorRole: UInt8, Sendable, CaseIterable {
    /// The slot's `lock`, already OFD-locked. The sender closes its own copy once it has sent it.
    case lock = 1
    /// The sealed memfd with the `LaunchSpec`.
    case spec = 2
    /// The slot directory, for `id` and `exit`.
    case slotDirectory = 3
    /// The slot's `output/`.
    case outputDirectory = 4
    /// One end of a SOCK_SEQPACKET pair: the keeper's first connection, or where a probe's result goes.
    case control = 5
    /// The runtime `k/` directory, where the keeper listens under the name in the spec.
    case socketDirectory = 6
    /// The bound socket over which the run says how it is; only a run that asked for it has one.
    case notify = 7
    /// A listening socket for the program; there may be several.
    case listen = 8
    /// A descriptor that an earlier run has stored; there may be several.
    case stored = 9
}

/// The zygote's answer. That a keeper was forked does not mean yet that the run has started.
package struct ZygoteReply: Equatable, Sendable {
    package var requestID: UInt64
    package enum Outcome: Equatable, Sendable {
        case forked(keeper: Int32)
        /// EAGAIN or ENOMEM from fork: try again later. EBADMSG: the request was not understood.
        case failed(errno: Int32)
    }
    package var outcome: Outcome

    package init(requestID: UInt64, outcome: Outcome) {
        self.requestID = requestID
        self.outcome = outcome
    }
}

private enum Tag {
    static let requestID: UInt16 = 1
    static let roles: UInt16 = 2
    static let keeper: UInt16 = 3
    static let errno: UInt16 = 4
}

extension ZygoteRequest {
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(type: FrameType.zygoteRequest)
        writer.put(Tag.requestID, requestID)
        writer.put(Tag.roles, descriptors.map { $0?.rawValue ?? 0 })
        return writer.finished()
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try FieldReader(bytes, type: FrameType.zygoteRequest)
        var requestID: UInt64?
        var roles: [DescriptorRole?] = []
        while let field = try reader.next() {
            switch field.tag {
            case Tag.requestID: requestID = try field.integer()
            case Tag.roles:
                roles = try field.bytes(max: WireLimits.rolesMax).map { DescriptorRole(rawValue: $0) }
            default: break
            }
        }
        guard let requestID else { throw .field(Tag.requestID) }
        self.init(requestID: requestID, descriptors: roles)
    }
}

extension ZygoteReply {
    package func encoded() -> [UInt8] {
        var writer = FieldWriter(type: FrameType.zygoteReply, capacity: 64)
        writer.put(Tag.requestID, requestID)
        switch outcome {
        case .forked(let keeper): writer.put(Tag.keeper, keeper)
        case .failed(let errno): writer.put(Tag.errno, errno)
        }
        return writer.finished()
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in
            var reader = try FieldReader(raw, type: FrameType.zygoteReply)
            var requestID: UInt64?
            var outcome: Outcome?
            while let field = try reader.next() {
                switch field.tag {
                case Tag.requestID: requestID = try field.integer()
                case Tag.keeper: outcome = .forked(keeper: try field.integer())
                case Tag.errno: outcome = .failed(errno: try field.integer())
                default: break
                }
            }
            guard let requestID else { throw .field(Tag.requestID) }
            guard let outcome else { throw .field(Tag.keeper) }
            return ZygoteReply(requestID: requestID, outcome: outcome)
        }
    }
}
