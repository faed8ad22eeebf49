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
    private var index: LogIndex
    private(set) var size: Int64 = 0
    /// Where this run's bytes of the file begin, and when the first of them was written; 0: none was.
    private var ownFrom: Int64 = 0
    private var ownSince: UInt64 = 0
    /// When the first byte of the file was written, whosever it is; 0: it is empty.
    private var bornAt: UInt64 = 0
    private var lookedAt: UInt64 = 0
    /// Whether the index of this file says whose bytes follow.
    private(set) var namesRun = false
    /// When something is too old, in CLOCK_BOOTTIME; nil: nothing will be.
    private(set) var deadline: UInt64?

    init(_ name: String, in directory: Int32, limits: LogLimits) {
        self.name = name
        self.directory = directory
        self.limits = limits
        index = LogIndex(name + LogFiles.indexSuffix, in: directory)
        if limits.ageMax > 0 { schedule(at: clinux_realtime_ns()) }
    }

    var isOpen: Bool { file >= 0 }

    mutating func apply(_ limits: LogLimits) {
        let dropsFiles = limits.filesMax < self.limits.filesMax
        self.limits = limits
        if dropsFiles { LogRotation.removeStale(name, in: directory, filesMax: limits.filesMax) }
        expire(at: clinux_realtime_ns())
    }

    mutating func close() {
        if file >= 0 { Glibc.close(file) }
        file = -1
        index.close()
    }

    /// Opens or creates both files, at their ends. Neither a symbolic link nor anything but a regular file is
    /// followed or waited for. A log whose index cannot be had is written all the same: its lines have no
    /// times.
    mutating func open() -> Bool {
        close()
        file = Self.openRegular(name, in: directory, O_WRONLY, &size)
        guard file >= 0 else { return false }
        (ownFrom, ownSince, lookedAt, namesRun) = (size, 0, 0, false)
        let now = clinux_realtime_ns()
        index.open(logSize: size, at: now)
        // What stands on the disk may be anything; nothing was written later than now.
        let born = size > 0 ? index.firstWall ?? LogRotation.modified(name, in: directory) ?? now : 0
        bornAt = min(born, now)
        removeExpired(at: now)
        return true
    }

    static func openRegular(
        _ name: String, in directory: Int32, _ access: Int32, _ size: inout Int64
    ) -> Int32 {
        let flags = access | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let descriptor = clinux_openat(directory, name, flags, 0o640)
        guard descriptor >= 0 else { return -1 }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            errno = ENXIO
            return -1
        }
        size = Int64(status.st_size)
        return descriptor
    }

    /// What somebody has done to the file behind the keeper's back, and how many bytes of this run are gone
    /// by it. A file that was renamed is complete where it is now.
    enum Standing {
        case same
        case moved
        case lost(LogLoss, bytes: UInt64, since: UInt64)
    }

    /// Looks at the file each time, and at its name and its index once in `KeeperBounds.lookPause`, unless
    /// the file is about to be left.
    mutating func look(at now: UInt64, always: Bool = false) -> Standing {
        var here = stat()
        guard fstat(file, &here) == 0 else { return .moved }
        if here.st_nlink == 0 { return .lost(.removed, bytes: UInt64(size - ownFrom), since: ownSince) }
        if Int64(here.st_size) < size {
            let kept = max(Int64(here.st_size), ownFrom)
            return .lost(.truncated, bytes: UInt64(max(size - kept, 0)), since: ownSince)
        }
        let isDue = always || isFull(at: now) || now < lookedAt || now - lookedAt >= KeeperBounds.lookPause
        guard isDue else { return .same }
        lookedAt = now
        var named = stat()
        guard fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0, named.st_ino == here.st_ino else {
            return .moved
        }
        if index.look(logSize: size, at: now) { namesRun = false }
        return .same
    }

    /// Rotates if the log, or its index, is full, or so old that it could not be removed in time else. False
    /// if it should and cannot.
    mutating func makeRoom(at now: UInt64) -> Bool { isFull(at: now) ? rotate() : true }

    private mutating func rotate() -> Bool {
        close()
        return LogRotation.rotate(name, in: directory, filesMax: limits.filesMax) && open()
    }

    private func isFull(at now: UInt64) -> Bool {
        if size >= sizeMax || index.size >= sizeMax { return true }
        guard limits.ageMax > 0, bornAt > 0, now > bornAt else { return false }
        return now - bornAt >= fileAgeMax
    }

    /// A file is put aside when it is so old, full or not, because files are removed whole.
    private var fileAgeMax: UInt64 { limits.ageMax / UInt64(max(limits.filesMax - 1, 1)) }

    private var sizeMax: Int64 { Int64(clamping: limits.sizeBytesMax) }

    // Age ----------------------------------------------------------------------------------------------

    /// Puts a file aside that is old enough, although nothing is written, and removes what is too old.
    mutating func expire(at now: UInt64) {
        if isOpen {
            _ = makeRoom(at: now)
        } else if limits.ageMax > 0, let modified = LogRotation.modified(name, in: directory),
            now > limits.ageMax, modified < now - limits.ageMax
        {
            // Of an earlier run; this one may never write.
            _ = LogRotation.rotate(name, in: directory, filesMax: limits.filesMax)
        }
        removeExpired(at: now)
    }

    private mutating func removeExpired(at now: UInt64) {
        if limits.ageMax > 0, now > limits.ageMax {
            LogRotation.removeOlder(
                than: now - limits.ageMax, name, in: directory, filesMax: limits.filesMax)
        }
        schedule(at: now)
    }

    /// Finds out what will be too old first.
    private mutating func schedule(at now: UInt64) {
        deadline = nil
        guard limits.ageMax > 0 else { return }
        let oldest = LogRotation.oldestModified(
            name, in: directory, from: isOpen ? 1 : 0, filesMax: limits.filesMax)
        let own = isOpen && bornAt > 0 ? Self.sum(bornAt, fileAgeMax) : nil
        let removal = oldest.map { Self.sum($0, limits.ageMax) }
        guard let next = own.map({ min($0, removal ?? $0) }) ?? removal else { return }
        // What cannot be removed is tried again, and not all the time.
        let pause = max(limits.ageMax / KeeperBounds.expiriesPerAge, KeeperBounds.expiryPauseMin)
        deadline = Self.sum(clinux_boottime_ns(), max(next > now ? next - now : 0, pause))
    }

    /// A time so far away is as good as none.
    private static func sum(_ time: UInt64, _ span: UInt64) -> UInt64 {
        let (sum, overflow) = time.addingReportingOverflow(span)
        return overflow ? .max : sum
    }

    /// Moves bytes from the pipe, up to the file's limit. The bytes moved, 0 at the end of the pipe, or -1.
    mutating func write(from pipe: Int32, at now: UInt64) -> Int {
        let start = size
        let room = min(max(sizeMax - size, 1), Int64(KeeperBounds.spliceBytesMax))
        let moved = clinux_splice_from_pipe(pipe, file, &size, Int(room))
        guard moved > 0 else {
            size = start
            return moved
        }
        size = start + Int64(moved)
        if ownSince == 0 { ownSince = now }
        if bornAt == 0 {
            bornAt = now
            schedule(at: now)
        }
        index.noteData(from: start, at: now)
        return moved
    }

    /// Says in the index whose bytes follow. `kind` is `runStarted` or `runContinues`.
    mutating func nameRun(_ kind: LogIndexEntry.Kind, _ run: LogRun) -> Bool {
        var kinds = [kind]
        if let id = run.id { kinds += [.runIDHead(id.head), .runIDTail(id.tail)] }
        namesRun = index.append(
            kinds.map { LogIndexEntry(offset: UInt64(size), wall: run.startedAt, kind: $0) })
        return namesRun
    }

    /// Both ends of a gap.
    mutating func noteGap(_ gap: OutputGap, at offset: Int64, until: UInt64) -> Bool {
        index.append([
            LogIndexEntry(offset: UInt64(offset), wall: gap.since, kind: .gapBegan(gap.loss)),
            LogIndexEntry(offset: UInt64(offset), wall: until, kind: .gap(lostBytes: gap.lostBytes)),
        ])
    }

    mutating func noteEnd(_ end: LogRunEnd, at wall: UInt64) {
        _ = index.append([LogIndexEntry(offset: UInt64(size), wall: wall, kind: .runEnded(end))])
    }
}

/// Whose output it is.
struct LogRun {
    var startedAt: UInt64
    var id: LogRunID?
}
