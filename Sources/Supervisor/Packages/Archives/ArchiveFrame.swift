import Glibc

/// What the process that reads an archive says: 1 byte of kind, 4 of length, then the payload.
enum ArchiveFrame {
    case entry(ArchiveEntry)
    /// Of the last entry.
    case data(ArraySlice<UInt8>)
    case end
    /// The archive is not as it should be.
    case failure(String)
    /// The host is not: nothing was read.
    case refusal(String)

    static let headBytes = 5
    static let payloadMax = 256 << 10

    enum Kind: UInt8 { case entry = 1, data, end, failure, refusal }

    /// nil: nothing of ours.
    init?(kind: UInt8, payload: ArraySlice<UInt8>) {
        switch Kind(rawValue: kind) {
        case .entry?:
            guard let entry = ArchiveEntry(payload: payload) else { return nil }
            self = .entry(entry)
        case .data?: self = .data(payload)
        case .end?: self = .end
        case .failure?: self = .failure(Self.text(payload))
        case .refusal?: self = .refusal(Self.text(payload))
        case nil: return nil
        }
    }

    static func head(_ kind: Kind, length: Int) -> [UInt8] {
        let length = UInt32(clamping: length)
        return [kind.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) }
    }

    static func length(_ head: ArraySlice<UInt8>) -> Int {
        head.dropFirst().reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Words of a library about hostile bytes: short, and without anything that moves a cursor.
    private static func text(_ payload: ArraySlice<UInt8>) -> String {
        let plain = payload.prefix(200).map { $0 < 0x20 || $0 > 0x7E ? UInt8(ascii: "?") : $0 }
        return String(decoding: plain, as: UTF8.self)
    }
}

/// One entry, as the archive has it: nothing of it is checked yet.
struct ArchiveEntry {
    enum Kind: UInt8 { case file = 1, directory, symbolicLink, hardLink, other }

    var kind: Kind
    var mode: UInt32
    var path: String
    /// Of a link.
    var target: String
    /// Of a file, by the archive's own word: what comes may be more or less.
    var size: UInt64

    init(kind: Kind, mode: UInt32, path: String, target: String = "", size: UInt64 = 0) {
        self.kind = kind
        self.mode = mode
        self.path = path
        self.target = target
        self.size = size
    }

    private static let headBytes = 17

    init?(payload: ArraySlice<UInt8>) {
        guard payload.count >= Self.headBytes, let kind = Kind(rawValue: payload[payload.startIndex]) else {
            return nil
        }
        let mode = UInt32(Self.number(payload.dropFirst().prefix(4)))
        let size = Self.number(payload.dropFirst(5).prefix(8))
        let length = Int(Self.number(payload.dropFirst(13).prefix(4)))
        let texts = payload.dropFirst(Self.headBytes)
        guard length <= texts.count, let path = String(validating: texts.prefix(length), as: UTF8.self),
            let target = String(validating: texts.dropFirst(length), as: UTF8.self)
        else { return nil }
        self.init(kind: kind, mode: mode, path: path, target: target, size: size)
    }

    var payload: [UInt8] {
        func bytes(_ number: UInt64, _ count: UInt64) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        let path = Array(path.utf8)
        let length = UInt64(UInt32(clamping: path.count))
        return [kind.rawValue] + bytes(UInt64(mode), 4) + bytes(size, 8) + bytes(length, 4) + path
            + Array(target.utf8)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The reader's way to its agent. Ends the process where nobody listens.
struct ArchiveOutput {
    let descriptor: Int32

    func send(_ kind: ArchiveFrame.Kind, _ payload: UnsafeRawBufferPointer) {
        ArchiveFrame.head(kind, length: payload.count).withUnsafeBytes(write)
        write(payload)
    }

    func send(_ kind: ArchiveFrame.Kind, _ payload: [UInt8]) { payload.withUnsafeBytes { send(kind, $0) } }

    func finish() -> Never {
        send(.end, [])
        _exit(EXIT_SUCCESS)
    }

    func fail(_ message: String) -> Never {
        send(.failure, Array(message.utf8.prefix(1_000)))
        _exit(EXIT_SUCCESS)
    }

    func refuse(_ message: String) -> Never {
        send(.refusal, Array(message.utf8.prefix(1_000)))
        _exit(EXIT_SUCCESS)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let step = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if step < 0, errno == EINTR { continue }
            guard step > 0 else { _exit(EXIT_FAILURE) }
            done += step
        }
    }
}
