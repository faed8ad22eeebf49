/// CRC-32C (Castagnoli), as used by ext4 and iSCSI.
package enum Checksum {
    /// Bit by bit: records are a few hundred bytes, and a table would cost each keeper a page.
    package static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
