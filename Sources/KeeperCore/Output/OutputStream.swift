import CLinux
import Glibc
import KeeperProtocol

/// One output of the workload: bytes go from its pipe to its log by splice, without a buffer in between. It
/// never makes the workload wait for a disk that refuses: what cannot be written is dropped and counted.
struct OutputStream {
    let stream: LogStream
    /// The pipe's read end; -1 after its end of file.
    private(set) var pipe: Int32
    private var log: LogFile
    private(set) var totals = StreamTotals()
    /// Dropped since the last note of a gap.
    private var unreportedBytes: UInt64 = 0
    private var retryAt: UInt64 = 0
    /// When the run began, until that is noted in the index.
    private var startedAt: UInt64?

    /// Nothing is opened before the first byte: many workloads never write to stderr, and creating files is
    /// most of what a start costs.
    init(_ stream: LogStream, pipe: Int32, directory: Int32, limits: LogLimits, startedAt wall: UInt64) {
        self.stream = stream
        self.pipe = pipe
        log = LogFile(
            stream == .stdout ? LogFiles.stdout : LogFiles.stderr, in: directory, limits: limits)
        startedAt = wall
    }

    /// Goes on with another pipe, after the end of the first.
    mutating func take(_ pipe: Int32) {
        if self.pipe >= 0 { close(self.pipe) }
        self.pipe = pipe
    }

    mutating func apply(_ limits: LogLimits) { log.apply(limits) }

    /// Moves what is in the pipe, once. Returns the bytes lost in a gap that has just ended, or 0; false for
    /// `moved` when the pipe was empty or has ended.
    mutating func pump() -> (moved: Bool, gapBytes: UInt64) {
        guard pipe >= 0 else { return (false, 0) }
        if !log.isOpen, isEmpty() { return (false, 0) }
        var gapBytes: UInt64 = 0
        if isWritable() {
            noteStart()
            gapBytes = noteGap()
            let moved = log.write(from: pipe)
            if moved > 0 { totals.loggedBytes += UInt64(moved) }
            if moved >= 0 { return (ended(moved), gapBytes) }
            if errno == EAGAIN || errno == EINTR { return (false, gapBytes) }
            giveUp(at: clinux_boottime_ns())
        }
        let dropped = clinux_splice_from_pipe(pipe, STDOUT_FILENO, nil, KeeperBounds.spliceBytesMax)
        if dropped > 0 {
            totals.lostBytes += UInt64(dropped)
            unreportedBytes += UInt64(dropped)
        }
        if dropped < 0 { return (false, gapBytes) }
        return (ended(dropped), gapBytes)
    }

    /// The bytes lost since the last gap that was told, for the end of the run.
    mutating func takeUnreportedBytes() -> UInt64 {
        defer { unreportedBytes = 0 }
        return unreportedBytes
    }

    private mutating func ended(_ moved: Int) -> Bool {
        if moved == 0 {
            close(pipe)
            pipe = -1
        }
        return moved > 0
    }

    /// Opens the log again where that is due: at once for one that was removed, after a pause for one that
    /// failed.
    private mutating func isWritable() -> Bool {
        if log.isOpen, !log.isRemoved { return log.makeRoom() || gaveUp() }
        let now = clinux_boottime_ns()
        guard log.isOpen || now >= retryAt else { return false }
        return log.open() || gaveUp()
    }

    private mutating func gaveUp() -> Bool {
        giveUp(at: clinux_boottime_ns())
        return false
    }

    private mutating func giveUp(at now: UInt64) {
        log.close()
        retryAt = now + KeeperBounds.logRetryPause
    }

    /// Whether nothing is in the pipe, so that no file is made for nothing; closes it if nothing can come.
    private mutating func isEmpty() -> Bool {
        var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        guard clinux_poll(&entry, 1, 0) >= 0, entry.revents & Int16(POLLIN) == 0 else { return false }
        if entry.revents != 0 { _ = ended(0) }
        return true
    }

    private mutating func noteStart() {
        if let wall = startedAt, log.note(.runStarted, at: wall) { startedAt = nil }
    }

    private mutating func noteGap() -> UInt64 {
        guard unreportedBytes > 0,
            log.note(.gap(lostBytes: unreportedBytes), at: clinux_realtime_ns())
        else { return 0 }
        return takeUnreportedBytes()
    }
}
