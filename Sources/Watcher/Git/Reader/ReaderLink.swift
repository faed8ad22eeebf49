import Glibc

/// Talks to one reader, and replaces it when it dies or misses a deadline. Belongs to the queue's thread.
final class ReaderLink {
    /// A repack under a read passes; what is still wrong after this many fresh looks is wrong.
    private static let freshTriesMax = 2

    private let mode: ReaderMode
    private let deadline: Duration
    private let silence: ReaderSilence
    private let switchboard: ReaderSwitch
    private var child: ReaderChild?
    /// It was told that the present request has been without an answer for long.
    private var isSilenceTold = false
    private var buffer = FrameBuffer()

    init(mode: ReaderMode, deadline: Duration, silence: ReaderSilence, switchboard: ReaderSwitch) {
        self.mode = mode
        self.deadline = deadline
        self.silence = silence
        self.switchboard = switchboard
    }

    /// Asks once; and again, with the repository opened anew, where that can help.
    func perform<Value>(
        _ request: AddressedRequest, _ read: (ReaderReply) throws -> Value
    ) throws(GitError) -> Value {
        let end = ContinuousClock.now + deadline
        var request = request
        var tries = 0
        defer {
            if isSilenceTold { silence.tell(nil) }
            isSilenceTold = false
        }
        while true {
            do {
                return try attempt(request, until: end, read)
            } catch  where error.mayPassWhenReopened && tries < Self.freshTriesMax {
                tries += 1
                request.fresh = true
            }
        }
    }

    private func attempt<Value>(
        _ request: AddressedRequest, until end: ContinuousClock.Instant, _ read: (ReaderReply) throws -> Value
    ) throws(GitError) -> Value {
        let reply = ReaderReply(link: self, deadline: end)
        do {
            try connect()
            try transmit(request, until: end)
            return try read(reply)
        } catch {
            // Only an answer that was read to its end leaves the reader fit for the next question.
            if !reply.isComplete { disconnect() }
            if switchboard.isStopped { throw .stopped }
            throw error as? GitError
                ?? GitError(.readerFailed, "the git reader answered something that is no answer")
        }
    }

    private func connect() throws(GitError) {
        guard child == nil else { return }
        if EndedReaders.tooManyHang {
            throw GitError(
                .readerTimedOut,
                "\(EndedReaders.hangingMax) git readers hang inside the kernel; no further one is started",
                advice: "look at the file system that holds the repository")
        }
        child = try ReaderChild.start(mode)
        guard let socket = child?.socket, switchboard.connect(socket: socket) else { throw .stopped }
    }

    func disconnect() {
        switchboard.disconnect()
        child = nil
    }

    private func transmit(_ request: AddressedRequest, until end: ContinuousClock.Instant) throws(GitError) {
        var wire = WireWriter()
        wire.reserveFrameHead()
        wire.put(request)
        wire.seal(as: .request)
        let frame = wire.bytes
        guard let socket = child?.socket else { throw .readerDied }
        var sent = 0
        while sent < frame.count {
            try wait(for: Int16(POLLOUT), on: socket, until: end)
            let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
            let step = frame.withUnsafeBytes {
                send(socket, $0.baseAddress.map { $0 + sent }, frame.count - sent, flags)
            }
            if step >= 0 { sent += step } else if errno != EAGAIN, errno != EINTR { throw .readerDied }
        }
    }

    /// The next frame. Its payload is valid until the next call.
    func receive(
        until end: ContinuousClock.Instant
    ) throws(GitError) -> (kind: Frame.Kind, payload: UnsafeRawBufferPointer) {
        guard let socket = child?.socket else { throw .readerDied }
        let headBytes = buffer.prefix(Frame.headBytes)
        try fill(headBytes, from: socket, until: end)
        guard let head = Frame.head(UnsafeRawBufferPointer(headBytes)) else { throw .readerDied }
        let payload = buffer.prefix(head.length)
        try fill(payload, from: socket, until: end)
        return (head.kind, UnsafeRawBufferPointer(payload))
    }

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from socket: Int32, until end: ContinuousClock.Instant
    ) throws(GitError) {
        var filled = 0
        while filled < buffer.count {
            let step = recv(
                socket, buffer.baseAddress.map { $0 + filled }, buffer.count - filled,
                Int32(MSG_DONTWAIT))
            if step > 0 {
                filled += step
            } else if step == 0 || (errno != EAGAIN && errno != EINTR) {
                throw .readerDied
            } else {
                try wait(for: Int16(POLLIN), on: socket, until: end)
            }
        }
    }

    private func wait(
        for events: Int16, on socket: Int32, until end: ContinuousClock.Instant
    ) throws(GitError) {
        let silentAt = ContinuousClock.now + silence.max
        while true {
            let now = ContinuousClock.now
            if now >= silentAt, !isSilenceTold { try silent() }
            let left = now.duration(to: isSilenceTold ? end : min(end, silentAt))
            guard now < end else {
                throw GitError(
                    .readerTimedOut,
                    "reading the repository took longer than \(deadline); the reader was killed",
                    advice: "check it with git fsck")
            }
            var poll = pollfd(fd: socket, events: events, revents: 0)
            let count = Glibc.poll(&poll, 1, left.pollMilliseconds)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .readerDied }
        }
    }

    /// Nothing came for long. A reader that is stopped will never answer: whatever stopped it, another one is
    /// started. One that is at work may go on up to its deadline, and that is told.
    private func silent() throws(GitError) {
        if let process = child?.process, process.isStopped {
            throw GitError(
                .readerFailed,
                "the git reader (process \(process.pid)) was stopped by a signal; it is ended, and "
                    + "a new one is started")
        }
        isSilenceTold = true
        silence.tell(
            GitError(
                .readerSlow,
                "the git reader has said nothing for \(silence.max); it is ended after \(deadline)",
                advice: "look at the disk that holds the repository"))
    }
}

/// What is told of a reader that says nothing for long, and how long that is.
struct ReaderSilence: Sendable {
    var max = ReaderLimits.silenceMax
    /// On the reader's thread; nil: it has answered, or was ended.
    var tell: @Sendable (GitError?) -> Void = { _ in }
}

extension GitError {
    static let stopped = GitError(.stopped, "the git reader was stopped")
    static let readerDied = GitError(.readerFailed, "the git reader ended unexpectedly; a new one is started")
}

extension Duration {
    /// As poll(2) takes it: rounded up, so that waiting that long is enough, and at most a day.
    var pollMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let day: Int64 = 86_400
        if seconds >= day { return Int32(day * 1000) }
        return Int32(max(0, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
