import Glibc

/// What is told of a remote. Its commits are told by whoever watches the mirror.
package enum RemoteEvent: Sendable {
    /// The mirror is there, with everything of some fetch, and can be watched.
    case mirrored
    /// The mirror is what the remote is.
    /// - Parameter branch: the one that is followed because the remote's HEAD named it.
    case fetched(branch: String?)
    /// What was fetched before stays; it is tried again by itself.
    case failed(GitError)
}

/// Keeps a mirror true to a remote, on a thread of its own.
package final class RemoteFollower: Sendable {
    struct Letters {
        var isStopped = false
        var mustLook = false
        var isSuspect = false
        var accepted: ObjectID?
    }

    private let mailbox = ThreadMailbox(Letters())
    private let settings: RemoteSettings
    private let onEvent: @Sendable (RemoteEvent) -> Void

    /// - Parameter onEvent: called on the follower's thread; it should hand the event on and return.
    package init(settings: RemoteSettings, onEvent: @escaping @Sendable (RemoteEvent) -> Void) {
        self.settings = settings
        self.onEvent = onEvent
    }

    deinit { stop() }

    /// Begins to fetch; to be called once.
    package func start() throws(GitError) {
        let (settings, mailbox, onEvent) = (settings, mailbox, onEvent)
        let isStarted = DedicatedThread.start {
            var loop = RemoteLoop(settings: settings, mailbox: mailbox, onEvent: onEvent)
            loop.run()
        }
        guard isStarted, mailbox.descriptor >= 0 else {
            throw GitError(.unreadable, "the system has no thread or descriptor left to fetch with")
        }
    }

    /// Ends the follower; a fetch that is under way is ended with all that it forked.
    package func stop() { mailbox.post { $0.isStopped = true } }

    /// Fetch now, or as soon as the bound between two fetches allows.
    package func look() { mailbox.post { $0.mustLook = true } }

    /// The mirror has something that cannot be read: it is checked, and fetched anew where it is damaged.
    package func suspect() {
        mailbox.post {
            $0.isSuspect = true
            $0.mustLook = true
        }
    }

    /// This commit is to stay in the mirror, whatever becomes of the remote.
    package func keep(_ commit: ObjectID) { mailbox.post { $0.accepted = commit } }
}

/// What the follower's thread does: fetch, tell, sleep.
struct RemoteLoop {
    private let mailbox: ThreadMailbox<RemoteFollower.Letters>
    private let onEvent: @Sendable (RemoteEvent) -> Void
    private var fetching: Fetching
    private var standing: RemoteStanding

    init(
        settings: RemoteSettings, mailbox: ThreadMailbox<RemoteFollower.Letters>,
        onEvent: @escaping @Sendable (RemoteEvent) -> Void
    ) {
        self.mailbox = mailbox
        self.onEvent = onEvent
        fetching = Fetching(settings: settings, wake: mailbox.descriptor) {
            mailbox.collect { _ in }.isStopped
        }
        standing = RemoteStanding(settings: settings)
    }

    mutating func run() {
        var isMirrored = fetching.hasTarget
        if isMirrored { onEvent(.mirrored) }
        while true {
            let letters = collect()
            if letters.isStopped { return }
            standing.began(at: .now)
            let outcome = fetching.round(isSuspect: letters.isSuspect, keeping: letters.accepted)
            guard let outcome else { return }
            if !isMirrored, fetching.mirror.exists {
                isMirrored = true
                onEvent(.mirrored)
            }
            tell(outcome)
            if sleep() { return }
        }
    }

    private mutating func tell(_ outcome: Result<String?, GitError>) {
        var isFailure = false
        switch outcome {
        case .success(let branch): onEvent(.fetched(branch: branch))
        case .failure(let error):
            isFailure = true
            onEvent(.failed(error))
        }
        standing.ended(
            isFailure: isFailure, isComplete: fetching.isComplete, at: .now, random: .random(in: 0..<1))
        // After the wait is set, so that a request that came meanwhile shortens it.
        fetching.maintain(keeping: mailbox.collect { _ in }.accepted)
    }

    /// Sleeps until it is time. True when the follower was stopped.
    private mutating func sleep() -> Bool {
        while true {
            let letters = mailbox.collect { $0.mustLook = false }
            if letters.isStopped { return true }
            if letters.mustLook { standing.look(at: .now) }
            let wait = standing.wakeAt.map { ContinuousClock.now.duration(to: $0) }
            if let wait, wait <= .zero { return false }
            var entry = pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&entry, 1, wait?.pollMilliseconds ?? -1)
        }
    }

    /// What a fetch that begins now takes care of.
    private func collect() -> RemoteFollower.Letters {
        mailbox.collect { letters in
            letters.mustLook = false
            letters.isSuspect = false
        }
    }
}
