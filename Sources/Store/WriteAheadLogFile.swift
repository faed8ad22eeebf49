import Glibc

/// A look at the write-ahead log before SQLite sees it. SQLite takes a log that it cannot use for an empty
/// one, and deletes one whose database is empty: what was committed there would be lost in silence.
struct WriteAheadLogFile {
    let database: String

    private static let headerBytes = 32

    /// nil: there is none, it is empty, or its header is whole.
    var damage: String? {
        guard let size = fileSize(database + "-wal"), size > 0 else { return nil }
        if (fileSize(database) ?? 0) == 0 { return "the database is gone; only its log was left" }
        guard let header = readHeader() else { return nil }
        // A header of zeros was never written to the end; nothing was committed behind it.
        if header.allSatisfy({ $0 == 0 }) || Self.isWhole(header) { return nil }
        return "the header of the write-ahead log is damaged"
    }

    /// nil where it is shorter than a header, which SQLite treats as empty and rightly so.
    private func readHeader() -> [UInt8]? {
        let fd = open(database + "-wal", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var bytes = [UInt8](repeating: 0, count: Self.headerBytes)
        return read(fd, &bytes, Self.headerBytes) == Self.headerBytes ? bytes : nil
    }

    /// The format's magic number and its checksum over the first 24 bytes.
    static func isWhole(_ header: [UInt8]) -> Bool {
        func word(_ index: Int, bigEndian: Bool) -> UInt32 {
            let bytes = header[4 * index..<4 * index + 4]
            return (bigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
        }
        let magic = word(0, bigEndian: true)
        guard magic & ~1 == 0x377f_0682 else { return false }
        let bigEndian = magic & 1 == 1
        var sums: (UInt32, UInt32) = (0, 0)
        for index in stride(from: 0, to: 6, by: 2) {
            sums.0 &+= word(index, bigEndian: bigEndian) &+ sums.1
            sums.1 &+= word(index + 1, bigEndian: bigEndian) &+ sums.0
        }
        return sums.0 == word(6, bigEndian: true) && sums.1 == word(7, bigEndian: true)
    }
}

func fileSize(_ path: String) -> Int? {
    var info = stat()
    return stat(path, &info) == 0 ? Int(info.st_size) : nil
}
