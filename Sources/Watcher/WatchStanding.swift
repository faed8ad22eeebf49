/// What the watcher knows and has said. It turns each look at the ref into the event to send, if any, and
/// says when to look again without being told to.
struct WatchStanding {
    private enum Said {
        case nothing
        case readable(SeenRevision)
        case unreadable(GitError)
    }

    private let settings: WatchSettings
    private var said = Said.nothing
    private var saidNoticing: Noticing?
    /// Failures in a row, for the wait between them.
    private var failures = 0
    private var retryAt: ContinuousClock.Instant?
    private var intervalAt: ContinuousClock.Instant?
    /// A commit whose contents could not be read; seeing it again is no recovery.
    private var failedCommit: ObjectID?

    /// The ref that is followed; nil until HEAD has told which.
    private(set) var followed: String?

    init(settings: WatchSettings) {
        self.settings = settings
        followed = settings.ref
    }

    /// The next instant at which to look; nil when only an event can change anything.
    var wakeAt: ContinuousClock.Instant? {
        switch (retryAt, intervalAt) {
        case (let retry?, let interval?): min(retry, interval)
        case (let retry, let interval): retry ?? interval
        }
    }

    /// Whether the kernel tells of changes now, or why not.
    mutating func noticing(_ failure: GitError?) -> WatchEvent? {
        let noticing = failure.map { Noticing.interval(settings.fallbackInterval, reason: $0) } ?? .events
        if noticing == saidNoticing { return nil }
        saidNoticing = noticing
        return .noticing(noticing)
    }

    /// A look at the ref.
    mutating func saw(
        _ look: Result<SeenRevision, GitError>, at now: ContinuousClock.Instant
    ) -> WatchEvent? {
        intervalAt = if case .interval(let interval, _)? = saidNoticing { now + interval } else { nil }
        switch look {
        case .failure(let error):
            return failed(error, at: now)
        case .success(let seen):
            retryAt = nil
            if seen.commit.id != failedCommit {
                failures = 0
                failedCommit = nil
            }
            if settings.followsHead { followed = followed ?? seen.ref }
            // Another tag at the same commit is news as well: what is followed has another name.
            if case .readable(let before) = said, before == seen { return nil }
            said = .readable(seen)
            return .revision(seen)
        }
    }

    /// The contents of an announced commit could not be read. Ignored when another commit has been announced
    /// since.
    mutating func readFailed(
        _ error: GitError, at commit: ObjectID, now: ContinuousClock.Instant
    ) -> WatchEvent? {
        guard case .readable(let seen) = said, seen.commit.id == commit else { return nil }
        failedCommit = commit
        return failed(error, at: now)
    }

    private mutating func failed(_ error: GitError, at now: ContinuousClock.Instant) -> WatchEvent? {
        retryAt = now + retryWait
        failures += 1
        if case .unreadable(let before) = said, before == error { return nil }
        said = .unreadable(error)
        return .unreadable(error)
    }

    /// Twice as long after each failure, up to the maximum.
    private var retryWait: Duration {
        var wait = settings.retryInitial
        for _ in 0..<failures where wait < settings.retryMax { wait *= 2 }
        return min(wait, settings.retryMax)
    }
}
