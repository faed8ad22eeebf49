import CLinux
import Glibc
import KeeperProtocol

/// The log file being written, and its index. Every method that fails leaves errno, and the caller to decide.
///
/// The file is not opened for appending, which splice refuses; the offset is kept here, and nobody else
/// writes, because whoever holds the slot's lock is alone.
struct LogFile {
    private let name: String
    private let directory: Int32
    private var limits: LogLimits
    private var file: Int32 = -1
    private var index: Int32 = -1
    private var size: Int64 = 0
    private var indexSize: Int64 = 0
    /// Wall time of the newest entry of the index; 0 asks for one with the next read.
    private var indexedAt: UInt64 = 0

    init(_ name: String, in directory: Int32, limits: LogLimits) {
        self.name = name
        self.directory = directory
        self.limits = limits
    }

    var isOpen: Bool { file >= 0 }

    /// Whether the file has no name any more, so that what is written goes nowhere.
    var isRemoved: Bool {
        var status = stat()
        return fstat(file, &status) != 0 || status.st_nlink == 0
    }

    mutating func apply(_ limits: LogLimits) {
        let dropsFiles = limits.filesMax < self.limits.filesMax
        self.limits = limits
        if dropsFiles { LogRotation.removeStale(name, in: directory, filesMax: limits.filesMax) }
    }

    mutating func close() {
        if file >= 0 { Glibc.close(file) }
        if index >= 0 { Glibc.close(index) }
        file = -1
        index = -1
    }

    /// Opens or creates both files, at their ends. Neither a symbolic link nor anything but a regular file is
    /// followed or waited for.
    mutating func open() -> Bool {
        close()
        file = Self.openRegular(name, in: directory, &size)
        guard file >= 0 else { return false }
        index = Self.openRegular(name + LogFiles.indexSuffix, in: directory, &indexSize)
        // An entry may have been torn when a keeper was killed.
        indexSize -= indexSize % Int64(LogIndexEntry.size)
        indexedAt = 0
        return true
    }

    private static func openRegular(_ name: String, in directory: Int32, _ size: inout Int64) -> Int32 {
        let descriptor = clinux_openat(
            directory, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o640)
        guard descriptor >= 0 else { return -1 }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            errno = EINVAL
            return -1
        }
        size = Int64(status.st_size)
        return descriptor
    }

    /// Rotates if the log, or its index, is full. False if it should and cannot.
    mutating func makeRoom() -> Bool {
        guard size >= sizeMax || indexSize >= sizeMax else { return true }
        close()
        return LogRotation.rotate(name, in: directory, filesMax: limits.filesMax) && open()
    }

    private var sizeMax: Int64 { Int64(clamping: limits.sizeBytesMax) }

    /// Moves bytes from the pipe, up to the file's limit. The bytes moved, 0 at the end of the pipe, or -1.
    mutating func write(from pipe: Int32) -> Int {
        let start = size
        let room = min(max(sizeMax - size, 1), Int64(KeeperBounds.spliceBytesMax))
        let moved = clinux_splice_from_pipe(pipe, file, &size, Int(room))
        guard moved > 0 else {
            size = start
            return moved
        }
        size = start + Int64(moved)
        let now = clinux_realtime_ns()
        // A clock that was set back makes an entry too.
        if indexedAt == 0 || now < indexedAt || now - indexedAt >= KeeperBounds.indexGrain {
            append(LogIndexEntry(offset: UInt64(start), wall: now, kind: .data))
        }
        return moved
    }

    /// Appends an entry at the present end of the log.
    mutating func note(_ kind: LogIndexEntry.Kind, at wall: UInt64) -> Bool {
        append(LogIndexEntry(offset: UInt64(size), wall: wall, kind: kind))
    }

    @discardableResult
    private mutating func append(_ entry: LogIndexEntry) -> Bool {
        guard index >= 0 else { return false }
        var words = entry.words
        let written = pwrite(index, &words, LogIndexEntry.size, off_t(indexSize))
        guard written == LogIndexEntry.size else { return false }
        indexSize += Int64(written)
        // Only bytes of the workload's own make an entry that later reads can share.
        indexedAt = entry.kind == .data ? entry.wall : 0
        return true
    }
}
