import Synchronization

/// Follows one ref of one repository. It sleeps until the kernel tells that the ref may have changed, reads
/// it through the reader, and says what it found; when nothing changes it uses no processor time.
package final class RepositoryWatcher: Sendable {
    /// For reading what the ref points to, and anything else in the repository.
    package let reader: RepositoryReader
    private let mailbox: WatchMailbox
    private let loop: WatchLoop
    private let isStarted = Mutex(false)

    /// - Parameter onEvent: called on the watcher's own thread, one event after the other (`silent` alone
    /// comes
    ///   from the reader's). It should hand
    /// the event on and
    ///   return; while it runs nothing is noticed.
    package init(settings: WatchSettings, onEvent: @escaping @Sendable (WatchEvent) -> Void) {
        reader = RepositoryReader(
            repository: settings.repository, allowedOwner: settings.allowedOwner, mode: settings.reader,
            deadline: settings.deadline, silenceMax: settings.silenceMax
        ) { onEvent(.silent($0)) }
        mailbox = WatchMailbox()
        loop = WatchLoop(settings: settings, reader: reader, mailbox: mailbox, onEvent: onEvent)
    }

    deinit { stop() }

    /// Begins to watch. The first event tells the present state.
    /// - Throws: `.unreadable` when the system has no thread or descriptor left.
    package func start() throws(GitError) {
        let isFirst = isStarted.withLock { started in
            defer { started = true }
            return !started
        }
        guard isFirst else { return }
        let loop = loop
        guard mailbox.descriptor >= 0, DedicatedThread.start({ loop.run() }) else {
            throw GitError(
                .unreadable, "the system has no thread or descriptor left to watch the repository with")
        }
    }

    /// Ends watching and the reader. An event that is on its way may still come.
    package func stop() {
        mailbox.post { $0.isStopped = true }
        reader.stop()
    }

    /// To be called when a revision that was announced could not be read whole: the watcher says
    /// `.unreadable`, and announces the revision again after a growing wait, or at once when the ref changes.
    package func readFailed(_ error: GitError, at commit: ObjectID) {
        mailbox.post { $0.failure = (error, commit) }
    }
}

/// What others have to say to the watcher's thread.
struct WatchLetters {
    var isStopped = false
    var failure: (error: GitError, commit: ObjectID)?
}

typealias WatchMailbox = ThreadMailbox<WatchLetters>

extension ThreadMailbox<WatchLetters> {
    convenience init() { self.init(WatchLetters()) }

    /// What was posted since the last call. Being stopped stays.
    func collect() -> WatchLetters { collect { $0.failure = nil } }
}
