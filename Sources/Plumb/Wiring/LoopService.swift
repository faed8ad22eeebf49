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
    /// Begins to tell the loop of revisions; called once it listens.
    let startWatching: @Sendable () throws -> Void

    init(loop: AgentLoop, keepRuns: Bool, startWatching: @escaping @Sendable () throws -> Void) {
        self.loop = loop
        self.keepRuns = keepRuns
        self.startWatching = startWatching
    }

    func run() async throws {
        try startWatching()
        let (loop, keepRuns) = (loop, keepRuns)
        try await withGracefulShutdownHandler {
            try await loop.run()
        } onGracefulShutdown: {
            loop.post(.stopRequested(keepRuns: keepRuns))
        }
    }
}

/// Carries events to the loop, from rooms that must exist before it does.
final class LoopBox: Sendable {
    private let loop = Mutex<AgentLoop?>(nil)
    private let turn = Mutex<(@Sendable () -> Void)?>(nil)

    func join(_ loop: AgentLoop, watcher: RepositoryWatcher) { self.loop.withLock { $0 = loop } }

    /// What is to be told after each turn of the loop; it must not wait.
    func onTurn(_ body: @escaping @Sendable () -> Void) { turn.withLock { $0 = body } }

    func turned() { turn.withLock { $0 }?() }

    func post(_ event: AgentEvent) { loop.withLock { $0 }?.post(event) }

    func seen(_ event: WatchEvent) {
        switch event {
        case .revision(let seen):
            post(.sourceReadable)
            post(.revisionSeen(Revision(seen.commit, ref: seen.ref)))
        case .unreadable(let error): post(.sourceUnreadable(SourceFailure(error)))
        case .noticing(.events): break
        case .noticing(.interval(let interval, let reason)):
            AgentLog.say("changes are looked for every \(interval.rough): \(reason.message)")
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
