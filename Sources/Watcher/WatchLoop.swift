import Glibc

/// What the watcher's thread does: arm, look, sleep.
final class WatchLoop: Sendable {
    private let settings: WatchSettings
    private let reader: RepositoryReader
    private let mailbox: WatchMailbox
    private let onEvent: @Sendable (WatchEvent) -> Void

    init(
        settings: WatchSettings, reader: RepositoryReader, mailbox: WatchMailbox,
        onEvent: @escaping @Sendable (WatchEvent) -> Void
    ) {
        self.settings = settings
        self.reader = reader
        self.mailbox = mailbox
        self.onEvent = onEvent
    }

    func run() {
        var events = RepositoryEvents(
            repository: AbsolutePath.of(settings.repository), watchesMax: settings.watchesMax)
        var standing = WatchStanding(settings: settings)
        while true {
            // Watches come before the look: what changes after the look is then told.
            let failure = events.arm(ref: standing.followed, allTags: settings.tags != nil)
            let look = look(standing.followed)
            if mailbox.collect(into: &standing, onEvent) { return }
            if let event = standing.noticing(failure) { onEvent(event) }
            if let event = standing.saw(look, at: .now) { onEvent(event) }
            if sleep(&events, &standing) { return }
        }
    }

    /// The ref as it is now.
    private func look(_ followed: String?) -> Result<SeenRevision, GitError> {
        Result { () throws(GitError) in
            if let commit = settings.commit { return try look(at: commit) }
            if let choice = settings.tags { return try look(for: choice) }
            let ref = if let followed { followed } else { try headBranch() }
            let commit = try reader.askBlocking(.tip(ref: ref)) { reply in
                try reply.single { wire in try wire.commit() }
            }
            return SeenRevision(ref: RefName.short(RefName.full(ref)), commit: commit)
        }
    }

    private func look(for choice: TagChoice) throws(GitError) -> SeenRevision {
        let tags = try reader.askBlocking(.tags) { reply in
            var names: [String] = []
            try reply.each { wire in names.append(try wire.text()) }
            return names
        }
        guard let tag = choice.choose(tags) else {
            let there =
                tags.isEmpty ? "it has no tags" : "it has \(tags.count), such as \(tags[tags.count - 1])"
            throw GitError(
                .refMissing, "no tag of \(settings.repository) fits \(choice.description): \(there)",
                advice: "correct source.ref in agent.yaml, or push a tag; what is accepted stays in force")
        }
        let commit = try reader.askBlocking(.tip(ref: "refs/tags/\(tag)")) { reply in
            try reply.single { wire in try wire.commit() }
        }
        return SeenRevision(ref: tag, commit: commit)
    }

    private func look(at id: ObjectID) throws(GitError) -> SeenRevision {
        do {
            let commit = try reader.askBlocking(.commit(id)) { reply in
                try reply.single { wire in try wire.commit() }
            }
            return SeenRevision(ref: "commit", commit: commit)
        } catch  where error.kind == .objectMissing {
            throw GitError(
                .objectMissing, "\(settings.repository) does not have the commit \(id)",
                advice: "correct source.ref.commit in agent.yaml, or push it; what is accepted stays in force"
            )
        }
    }

    private func headBranch() throws(GitError) -> String {
        let description = try reader.askBlocking(.describe) { reply in
            try reply.single { wire in try wire.description() }
        }
        guard let branch = description.headBranch else {
            throw GitError(
                .detachedHead, "HEAD of \(settings.repository) is detached, so it names no branch to follow",
                advice: "say which branch is meant (--ref), or check one out")
        }
        return branch
    }

    /// Sleeps until there is a reason to look again. True when the watcher was stopped.
    private func sleep(_ events: inout RepositoryEvents, _ standing: inout WatchStanding) -> Bool {
        while true {
            let wait = standing.wakeAt.map { ContinuousClock.now.duration(to: $0) }
            if let wait, wait <= .zero { return false }
            let ready = poll(events.descriptor, wait)
            if ready.mailbox, mailbox.collect(into: &standing, onEvent) { return true }
            if ready.events, events.drain() {
                settle(&events)
                return false
            }
        }
    }

    /// Waits for a burst of changes to end, within bounds, so that only its last state is read.
    private func settle(_ events: inout RepositoryEvents) {
        let roundsMax = 5
        for _ in 0..<roundsMax {
            var entry = pollfd(fd: events.descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&entry, 1, settings.settle.pollMilliseconds) > 0 else { return }
            _ = events.drain()
        }
    }

    private func poll(_ descriptor: Int32, _ wait: Duration?) -> (events: Bool, mailbox: Bool) {
        var entries = [descriptor, mailbox.descriptor].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        _ = Glibc.poll(&entries, nfds_t(entries.count), wait?.pollMilliseconds ?? -1)
        return (entries[0].revents != 0, entries[1].revents != 0)
    }
}

extension WatchMailbox {
    /// Passes on what was posted. True when the watcher was stopped.
    fileprivate func collect(
        into standing: inout WatchStanding, _ onEvent: (WatchEvent) -> Void
    ) -> Bool {
        let letters = collect()
        if letters.isStopped { return true }
        if let (error, commit) = letters.failure,
            let event = standing.readFailed(error, at: commit, now: .now)
        {
            onEvent(event)
        }
        return false
    }
}
