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
    private let run: LogRun
    private(set) var totals = StreamTotals()
    /// What is lost and stands in no index yet.
    private var gap: OutputGap?
    /// Why the log is not open, from the failure on until it is.
    private var trouble: LogLoss?
    private var retryAt: UInt64 = 0
    private var isStartNoted = false
    private var news = OutputNews()
    private var isConcluded = false

    /// Nothing is opened before the first byte: many workloads never write to stderr, and creating files is
    /// most of what a start costs.
    init(_ stream: LogStream, pipe: Int32, directory: Int32, limits: LogLimits, run: LogRun) {
        self.stream = stream
        self.pipe = pipe
        self.run = run
        log = LogFile(
            stream == .stdout ? LogFiles.stdout : LogFiles.stderr, in: directory, limits: limits)
    }

    /// Goes on with another pipe, after the end of the first.
    mutating func take(_ pipe: Int32) {
        if self.pipe >= 0 { close(self.pipe) }
        self.pipe = pipe
    }

    mutating func apply(_ limits: LogLimits) { log.apply(limits) }

    /// When old output is to be looked at again, in CLOCK_BOOTTIME; nil: never, nothing has an age.
    var deadline: UInt64? { isConcluded ? nil : log.deadline }

    /// Lets go of what is too old, where that is due.
    mutating func expire(at boot: UInt64) {
        guard let deadline, deadline <= boot else { return }
        log.expire(at: clinux_realtime_ns())
    }

    /// Moves what is in the pipe, once. False when the pipe was empty or has ended.
    mutating func pump() -> Bool {
        guard pipe >= 0 else { return false }
        if !log.isOpen, isEmpty() { return false }
        let now = clinux_realtime_ns()
        if isWritable(at: now) {
            noteRun()
            let start = log.size
            let moved = log.write(from: pipe, at: now)
            if moved > 0 {
                totals.loggedBytes += UInt64(moved)
                // Not before: where the disk is full an index may still have room for an entry.
                noteGap(at: start, until: now)
            }
            if moved >= 0 { return ended(moved) }
            if errno == EAGAIN || errno == EINTR { return false }
            giveUp()
        }
        let dropped = clinux_splice_from_pipe(pipe, STDOUT_FILENO, nil, KeeperBounds.spliceBytesMax)
        if dropped > 0 { lose(UInt64(dropped), trouble ?? .unknown, since: now) }
        return dropped >= 0 && ended(dropped)
    }

    /// What is to be told of this stream; asked for after each pump. During a gap it is told about once in a
    /// second.
    mutating func takeNews(isLast: Bool = false) -> OutputNews? {
        guard news.isAny, isLast || news.isDue else { return nil }
        defer { news = OutputNews() }
        return news
    }

    /// All that a new listener has to know, but for the news that it will be told as well.
    var standing: OutputNews {
        OutputNews(lostBytes: totals.lostBytes - news.lostBytes, began: gap)
    }

    /// The run has written all. What it lost is put into the ledger now or never.
    mutating func conclude(_ end: LogRunEnd) {
        let now = clinux_realtime_ns()
        isConcluded = true
        if log.isOpen { takeStock(at: now, always: true) }
        if !log.isOpen, gap == nil || !log.open() { return }
        noteRun()
        noteGap(at: log.size, until: now)
        log.noteEnd(end, at: now)
        log.close()
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
    private mutating func isWritable(at now: UInt64) -> Bool {
        if log.isOpen { takeStock(at: now) } else if clinux_boottime_ns() < retryAt { return false }
        guard log.isOpen ? log.makeRoom(at: now) : log.open() else {
            giveUp()
            return false
        }
        return true
    }

    /// Counts what somebody has taken away, and lets go of a file that is the log no longer.
    private mutating func takeStock(at now: UInt64, always: Bool = false) {
        switch log.look(at: now, always: always) {
        case .same: return
        case .moved: break
        case .lost(let loss, let bytes, let since):
            totals.loggedBytes -= min(bytes, totals.loggedBytes)
            if bytes > 0 { lose(bytes, loss, since: since) }
        }
        log.close()
    }

    private mutating func lose(_ bytes: UInt64, _ loss: LogLoss, since: UInt64) {
        totals.lostBytes += bytes
        news.lostBytes += bytes
        if gap == nil {
            gap = OutputGap(loss: loss, since: since)
            (news.began, news.isOver, news.isDue) = (gap, false, true)
        }
        gap?.lostBytes += bytes
    }

    /// Takes errno as it is now.
    private mutating func giveUp() {
        trouble = errno == ENXIO ? .notAFile : .refused(errno: errno)
        log.close()
        retryAt = clinux_boottime_ns() + KeeperBounds.logRetryPause
        news.isDue = true
    }

    /// Whether nothing is in the pipe, so that no file is made for nothing; closes it if nothing can come.
    private mutating func isEmpty() -> Bool {
        var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        guard clinux_poll(&entry, 1, 0) >= 0, entry.revents & Int16(POLLIN) == 0 else { return false }
        if entry.revents != 0 { _ = ended(0) }
        return true
    }

    private mutating func noteRun() {
        guard !log.namesRun else { return }
        if log.nameRun(isStartNoted ? .runContinues : .runStarted, run) { isStartNoted = true }
    }

    private mutating func noteGap(at offset: Int64, until: UInt64) {
        guard let gap, log.noteGap(gap, at: offset, until: until) else { return }
        self.gap = nil
        (news.isOver, news.isDue) = (true, true)
    }
}

/// Bytes that were lost for one reason, one after the other.
struct OutputGap {
    let loss: LogLoss
    let since: UInt64
    var lostBytes: UInt64 = 0

    init(loss: LogLoss, since: UInt64) {
        self.loss = loss
        self.since = since
    }
}

/// What happened to a stream since it was last told.
struct OutputNews {
    var lostBytes: UInt64 = 0
    /// A gap that began.
    var began: OutputGap?
    /// The last gap is over. One that began and is over at once is told as both.
    var isOver = false
    var isDue = false

    var isAny: Bool { lostBytes > 0 || began != nil || isOver }
}
