import Agent
import Foundation
import Logging
import Reconciler
import ServiceLifecycle
import Synchronization
import Watcher

/// The loop as a service: told to end, it ends as `--on-exit` says.
struct LoopService: Service {
    let loop: AgentLoop
    let keepRuns: Bool
    /// Called when the loop is told to end.
    let onStop: @Sendable () -> Void
    /// Begins to tell the loop of revisions; called once it listens.
    let startWatching: @Sendable () throws -> Void

    init(
        loop: AgentLoop, keepRuns: Bool, onStop: @escaping @Sendable () -> Void,
        startWatching: @escaping @Sendable () throws -> Void
    ) {
        self.loop = loop
        self.keepRuns = keepRuns
        self.onStop = onStop
        self.startWatching = startWatching
    }

    func run() async throws {
        try startWatching()
        let (loop, keepRuns, onStop) = (loop, keepRuns, onStop)
        try await withGracefulShutdownHandler {
            try await loop.run()
        } onGracefulShutdown: {
            onStop()
            loop.post(.stopRequested(keepRuns: keepRuns))
        }
    }
}

/// Who tells of the source: the watcher, and for a remote whoever keeps its mirror.
struct Following: Sendable {
    let watcher: RepositoryWatcher
    let follower: RemoteFollower?
}

/// Carries events to the loop, from rooms that must exist before it does.
final class LoopBox: Sendable {
    private struct Joined {
        let loop: AgentLoop
        let following: Following
        let onBranch: @Sendable (String) -> Void
    }
    private let joined = Mutex<Joined?>(nil)
    private let turn = Mutex<(@Sendable () -> Void)?>(nil)
    /// The branch that was told last; every fetch names it.
    private let branch = Mutex<String?>(nil)

    /// - Parameter onBranch: told once which branch is followed, where the remote's HEAD has named it.
    func join(_ loop: AgentLoop, following: Following, onBranch: @escaping @Sendable (String) -> Void) {
        joined.withLock { $0 = Joined(loop: loop, following: following, onBranch: onBranch) }
    }

    /// What is to be told after each turn of the loop; it must not wait.
    func onTurn(_ body: @escaping @Sendable () -> Void) { turn.withLock { $0 = body } }

    func turned() { turn.withLock { $0 }?() }

    func post(_ event: AgentEvent) { joined.withLock { $0 }?.loop.post(event) }

    func seen(_ event: WatchEvent) {
        switch event {
        case .revision(let seen):
            post(.sourceReadable)
            post(.revisionSeen(Revision(seen.commit, ref: seen.ref)))
        case .unreadable(let error):
            post(.sourceUnreadable(SourceFailure(error)))
            if error.mayBeDamage { joined.withLock { $0 }?.following.follower?.suspect() }
        case .silent(let error): post(.sourceSilent(error.map { SourceFailure($0) }))
        case .noticing(.events): break
        case .noticing(.interval(let interval, let reason)):
            AgentLog.say("changes are looked for every \(interval.rough): \(reason.message)")
        }
    }

    func fetched(_ event: RemoteEvent) {
        guard let joined = joined.withLock({ $0 }) else { return }
        switch event {
        case .mirrored:
            do {
                try joined.following.watcher.start()
            } catch {
                joined.loop.post(.sourceUnreadable(SourceFailure(error)))
            }
        case .fetched(let branch):
            joined.loop.post(.fetched(nil))
            let isNews = self.branch.withLock { known in
                defer { known = branch }
                return known != branch
            }
            if isNews, let branch { joined.onBranch(branch) }
        case .failed(let error): joined.loop.post(.fetched(SourceFailure(error)))
        }
    }
}

/// The agent's own words, on standard error. What happened to runs is in `plumb events`.
enum AgentLog {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// The libraries' chatter is of no use to an operator, and has no place in the journal.
    static let quiet = Logger(label: "plumb") { _ in SwiftLogNoOpLogHandler() }
}
