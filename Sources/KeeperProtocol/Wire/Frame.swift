/// Why bytes are not what they claim to be. Every decoder of this module throws it and never traps.
package enum WireError: Error, Equatable, Sendable {
    /// The bytes end before the frame, a field or a string does.
    case truncated
    /// A length or count is beyond its named bound.
    case tooLarge
    /// A frame of another type than the one asked for.
    case wrongType(UInt16)
    /// The checksum of a record does not fit: torn, or never written.
    case checksum
    /// A field that nothing can do without is missing or has an impossible value.
    case field(UInt16)
}

/// Bounds of everything that is encoded, in one place.
package enum WireLimits {
    /// One message of a keeper or zygote, in bytes.
    package static let messageBytesMax = 8192
    /// One message of an agent, in bytes: a keeper reads them on its stack, which it keeps small.
    package static let commandBytesMax = 1024
    /// One launch specification, in bytes: the kernel takes no more arguments and environment.
    package static let specBytesMax = 8 << 20
    /// A run id or boot id, in bytes.
    package static let idBytesMax = 64
    package static let stopStepsMax = 16
    /// Descriptors that are handed from run to run, those among them that runs have stored, and the bytes of
    /// what is said of one and of all.
    package static let passedMax = 144
    package static let storedMax = 128
    package static let storedNameBytesMax = 255
    package static let passedBytesMax = 512
    package static let descriptorsBytesMax = 80 << 10
    /// Descriptors of one request to the zygote.
    package static let rolesMax = 160
    /// The strings of one stop command.
    package static let stopArgumentsMax = 258
    package static let cgroupPathsMax = 16
    package static let groupsMax = 1024
    /// Arguments and environment entries, each.
    package static let stringsMax = 65536
    /// Both outputs of a probe together.
    package static let probeOutputBytesMax = 4096
    /// The path that a failed start was about.
    package static let failedPathBytesMax = 128
    /// What a run says of its state in words.
    package static let notifyStatusBytesMax = 256
}

/// The version that this build writes. A reader takes any: fields are only ever added, and a tag is
/// never given a second meaning.
package let protocolVersion: UInt16 = 1

/// What a frame carries. The numbers are for ever.
package enum FrameType {
    static let launchSpec: UInt16 = 1
    static let zygoteRequest: UInt16 = 2
    static let zygoteReply: UInt16 = 3
    static let probeResult: UInt16 = 4

    static let identityRecord: UInt16 = 16
    static let exitRecord: UInt16 = 17
    static let specRecord: UInt16 = 18

    static let hello: UInt16 = 32
    static let stop: UInt16 = 33
    static let signal: UInt16 = 34
    static let updatePolicy: UInt16 = 35
    static let acknowledgeExit: UInt16 = 36
    static let ping: UInt16 = 37
    static let takeDescriptors: UInt16 = 38
    static let updateSpec: UInt16 = 39
    static let releaseDescriptors: UInt16 = 40

    static let identity: UInt16 = 64
    static let started: UInt16 = 65
    static let execFailed: UInt16 = 66
    static let exited: UInt16 = 67
    static let treeUnproven: UInt16 = 68
    static let logGap: UInt16 = 69
    static let pong: UInt16 = 70
    static let notified: UInt16 = 71
    static let descriptors: UInt16 = 72
    static let stopCommandEnded: UInt16 = 73
    static let memoryKills: UInt16 = 80
    static let logTrouble: UInt16 = 85
}

/// The head of every frame: length of the whole frame (4 bytes), type (2), version (2). All numbers are
/// little-endian.
package struct FrameHeader: Sendable {
    package static let size = 8

    package var length: Int
    package var type: UInt16
    package var version: UInt16

    package init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count >= Self.size else { throw .truncated }
        length = Int(bytes.littleEndian(UInt32.self, at: 0))
        type = bytes.littleEndian(UInt16.self, at: 4)
        version = bytes.littleEndian(UInt16.self, at: 6)
        guard length >= Self.size, length <= bytes.count else { throw .truncated }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at `offset`, which the caller has found to lie within the bytes.
    func littleEndian<T: FixedWidthInteger>(_: T.Type, at offset: Int) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
