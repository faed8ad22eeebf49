import CLinux
import Glibc
import KeeperProtocol

/// The index beside a log file. Losing it costs times, never lines: whatever fails here is tried again later.
struct LogIndex {
    private let name: String
    private let directory: Int32
    private var file: Int32 = -1
    private(set) var size: Int64 = 0
    /// Wall time of the newest entry; 0 asks for one with the next read.
    private var indexedAt: UInt64 = 0
    private var retryAt: UInt64 = 0

    private static let entrySize = Int64(LogIndexEntry.size)

    init(_ name: String, in directory: Int32) {
        self.name = name
        self.directory = directory
    }

    mutating func close() {
        if file >= 0 { Glibc.close(file) }
        file = -1
        size = 0
    }

    mutating func open(logSize: Int64, at now: UInt64) {
        close()
        indexedAt = 0
        file = LogFile.openRegular(name, in: directory, O_RDWR, &size)
        retryAt = now + KeeperBounds.logRetryPause
        guard file >= 0 else { return }
        let whole = entries(upTo: logSize) * Self.entrySize
        // An entry may have been torn when a keeper was killed, and the log may have been removed alone.
        if whole != size, ftruncate(file, off_t(whole)) == 0 || whole < size { size = whole }
    }

    /// Opens again an index that was removed, or could not be opened before. True if it did.
    mutating func look(logSize: Int64, at now: UInt64) -> Bool {
        if file >= 0 {
            var status = stat()
            if fstat(file, &status) == 0, status.st_nlink > 0, Int64(status.st_size) >= size {
                return false
            }
        } else if now < retryAt, now + KeeperBounds.logRetryPause > retryAt {
            return false
        }
        open(logSize: logSize, at: now)
        return file >= 0
    }

    /// The first time in the index at which bytes were read.
    var firstWall: UInt64? {
        for number in 0..<min(size / Self.entrySize, Self.headEntriesMax) {
            if let entry = entry(number), entry.kind == .data { return entry.wall }
        }
        return nil
    }

    private static let headEntriesMax: Int64 = 8

    /// How many entries speak of bytes that are there. Offsets only grow.
    private func entries(upTo logSize: Int64) -> Int64 {
        var (low, high) = (Int64(0), size / Self.entrySize)
        guard high > 0, let last = entry(high - 1), last.offset > UInt64(logSize) else { return high }
        while low < high {
            let middle = (low + high) / 2
            guard let found = entry(middle) else { return middle }
            if found.offset > UInt64(logSize) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func entry(_ number: Int64) -> LogIndexEntry? {
        withUnsafeTemporaryAllocation(byteCount: LogIndexEntry.size, alignment: 8) { buffer in
            let got = pread(file, buffer.baseAddress, buffer.count, off_t(number * Self.entrySize))
            guard got == buffer.count else { return nil }
            return LogIndexEntry(UnsafeRawBufferPointer(buffer), at: 0)
        }
    }

    /// Bytes from `start` on were read now. Reads that are close share an entry.
    mutating func noteData(from start: Int64, at now: UInt64) {
        // A clock that was set back makes an entry too.
        let isDue = indexedAt == 0 || now < indexedAt || now - indexedAt >= KeeperBounds.indexGrain
        guard isDue, file >= 0 else { return }
        var words = LogIndexEntry(offset: UInt64(start), wall: now, kind: .data).words
        guard pwrite(file, &words, LogIndexEntry.size, off_t(size)) == LogIndexEntry.size else { return }
        size += Self.entrySize
        indexedAt = now
    }

    /// All of them or none.
    mutating func append(_ entries: [LogIndexEntry]) -> Bool {
        guard file >= 0 else { return false }
        var words: [UInt64] = []
        words.reserveCapacity(3 * entries.count)
        for entry in entries {
            let (offset, wall, kind) = entry.words
            words.append(offset)
            words.append(wall)
            words.append(kind)
        }
        let count = entries.count * LogIndexEntry.size
        guard pwrite(file, words, count, off_t(size)) == count else {
            // What was written of them is written over, or cut off when the index is opened again.
            _ = ftruncate(file, off_t(size))
            return false
        }
        size += Int64(count)
        // Only bytes of the workload's own make an entry that later reads can share.
        indexedAt = 0
        return true
    }
}
