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

    private static let magic: [UInt8] = Array("PLUMBRUN".utf8)
    private static let version: UInt8 = 1
    /// Where the byte stands that an acknowledgement sets; outside of the checksum for that reason.
    private static let acknowledgedOffset = 9
    static let fileBytesMax = SupervisorLimits.memoBytesMax + 1024

    /// Magic, version, acknowledged, then length-prefixed run id, boot id, memo, and the CRC of those three.
    func encoded() -> [UInt8] {
        var body: [UInt8] = []
        for part in [Array(run.text.utf8), Array(bootID.utf8), memo] {
            Self.append(UInt32(part.count), to: &body)
            body += part
        }
        let crc = body.withUnsafeBytes { Checksum.crc32c($0) }
        var bytes = Self.magic + [Self.version, isAcknowledged ? 1 : 0] + body
        Self.append(crc, to: &bytes)
        return bytes
    }

    init(run: RunID, bootID: String, isAcknowledged: Bool = false, memo: [UInt8]) {
        self.run = run
        self.bootID = bootID
        self.isAcknowledged = isAcknowledged
        self.memo = memo
    }

    /// nil where the bytes are torn or no record. Bytes after the record are ignored.
    init?(_ bytes: [UInt8]) {
        let head = Self.magic.count + 2
        guard bytes.count >= head, bytes.starts(with: Self.magic), bytes[8] == Self.version else {
            return nil
        }
        var offset = head
        var parts: [[UInt8]] = []
        for _ in 0..<3 {
            guard let length = Self.number(bytes, at: offset), length <= bytes.count - offset - 4 else {
                return nil
            }
            parts.append(Array(bytes[(offset + 4)..<(offset + 4 + length)]))
            offset += 4 + length
        }
        let crc = bytes[head..<offset].withUnsafeBytes { Checksum.crc32c($0) }
        guard Self.number(bytes, at: offset) == Int(crc) else { return nil }
        run = RunID(text: String(decoding: parts[0], as: UTF8.self))
        bootID = String(decoding: parts[1], as: UTF8.self)
        isAcknowledged = bytes[Self.acknowledgedOffset] != 0
        memo = parts[2]
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
