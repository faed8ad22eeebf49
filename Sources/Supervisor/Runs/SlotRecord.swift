import CLinux
import Glibc
import KeeperProtocol
import Reconciler

/// The slot's `spec`: which run the slot was given to, and the caller's memo. Written before the run is asked
/// for and never fsynced: after a power failure nothing runs that it could speak of.
struct SlotRecord: Equatable {
    var run: RunID
    /// The boot in which the run was asked for.
    var bootID: String
    /// The caller knows the end of the run for good; the record is history.
    var isAcknowledged: Bool
    var memo: [UInt8]
    /// The run's control group; nil: it has none, or an older agent wrote the record.
    var group: String?

    private static let magic: [UInt8] = Array("PLUMBRUN".utf8)
    private static let version: UInt8 = 1
    /// Where the byte stands that an acknowledgement sets; outside of the checksum for that reason.
    private static let acknowledgedOffset = 9
    static let fileBytesMax = SupervisorLimits.memoBytesMax + 1024

    /// Magic, version, acknowledged, then length-prefixed run id, boot id, memo, and the CRC of those three;
    /// after that, for whoever knows of it, the group and the CRC of it.
    func encoded() -> [UInt8] {
        var body: [UInt8] = []
        for part in [Array(run.text.utf8), Array(bootID.utf8), memo] { Self.append(part, to: &body) }
        var bytes = Self.magic + [Self.version, isAcknowledged ? 1 : 0] + Self.sealed(body)
        if let group {
            var tail: [UInt8] = []
            Self.append(Array(group.utf8), to: &tail)
            bytes += Self.sealed(tail)
        }
        return bytes
    }

    private static func append(_ part: [UInt8], to bytes: inout [UInt8]) {
        append(UInt32(part.count), to: &bytes)
        bytes += part
    }

    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var sealed = bytes
        append(bytes.withUnsafeBytes { Checksum.crc32c($0) }, to: &sealed)
        return sealed
    }

    init(run: RunID, bootID: String, isAcknowledged: Bool = false, memo: [UInt8], group: String? = nil) {
        self.run = run
        self.bootID = bootID
        self.isAcknowledged = isAcknowledged
        self.memo = memo
        self.group = group
    }

    /// nil where the bytes are torn or no record. Bytes after the record are ignored.
    init?(_ bytes: [UInt8]) {
        let head = Self.magic.count + 2
        guard bytes.count >= head, bytes.starts(with: Self.magic), bytes[8] == Self.version else {
            return nil
        }
        var offset = head
        guard let parts = Self.parts(3, of: bytes, at: &offset) else { return nil }
        run = RunID(text: String(decoding: parts[0], as: UTF8.self))
        bootID = String(decoding: parts[1], as: UTF8.self)
        isAcknowledged = bytes[Self.acknowledgedOffset] != 0
        memo = parts[2]
        group = Self.parts(1, of: bytes, at: &offset).map { String(decoding: $0[0], as: UTF8.self) }
    }

    /// So many parts and the CRC of them; nil where that is not what stands there.
    private static func parts(_ count: Int, of bytes: [UInt8], at offset: inout Int) -> [[UInt8]]? {
        let begin = offset
        var parts: [[UInt8]] = []
        for _ in 0..<count {
            guard let length = number(bytes, at: offset), length <= bytes.count - offset - 4 else {
                return nil
            }
            parts.append(Array(bytes[(offset + 4)..<(offset + 4 + length)]))
            offset += 4 + length
        }
        let crc = bytes[begin..<offset].withUnsafeBytes { Checksum.crc32c($0) }
        guard number(bytes, at: offset) == Int(crc) else { return nil }
        offset += 4
        return parts
    }

    /// Marks the record as history. Failing is harmless: the end is told once more to the next agent.
    static func acknowledge(slotPath: String) {
        guard let file = try? Descriptor("\(slotPath)/\(StateLayout.specName)", O_WRONLY | O_NOFOLLOW) else {
            return
        }
        var one: UInt8 = 1
        _ = pwrite(file.raw, &one, 1, off_t(acknowledgedOffset))
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> Int? {
        guard offset <= bytes.count - 4 else { return nil }
        return (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}
