import Glibc
import Synchronization
import TestKit
import Watcher

/// Where the reader runs in these tests: in a child whenever the executable `plumb` was built beside the
/// tests, as it is when the whole package is built; otherwise on a thread.
enum ReaderUnderTest {
    static let executable: String? = {
        guard let own = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(own) }
        let path = String(cString: own).split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/plumb"
        // A reader whose input is at its end has nothing to do, and says so.
        guard access(path, X_OK) == 0, (try? Shell.run("'\(path)' git-reader </dev/null 2>&1")) == "" else {
            print("no reader executable at \(path): the reader runs on a thread in these tests")
            return nil
        }
        return path
    }()

    static let mode: ReaderMode = executable.map { .child(command: [$0, "git-reader"]) } ?? .thread

    static let hasChild = executable != nil
    static let isRoot = geteuid() == 0

    static func of(_ repository: TemporaryRepository, deadline: Duration = .seconds(60)) -> RepositoryReader {
        RepositoryReader(repository: repository.path, mode: mode, deadline: deadline)
    }
}

extension RepositoryReader {
    /// The kind of error that a call throws; nil when it throws none.
    static func kind<Value>(_ body: () async throws(GitError) -> Value) async -> GitError.Kind? {
        await error(body)?.kind
    }

    static func error<Value>(_ body: () async throws(GitError) -> Value) async -> GitError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }
}

/// What a watcher said, in order.
final class WatchLog: Sendable {
    private let events = Mutex<[WatchEvent]>([])

    var all: [WatchEvent] { events.withLock { $0 } }

    func add(_ event: WatchEvent) { events.withLock { $0.append(event) } }

    /// The commit that the last word was about; nil when the last word was that nothing can be read.
    var commit: String? {
        for event in all.reversed() {
            switch event {
            case .revision(let seen): return seen.commit.id.description
            case .unreadable: return nil
            case .noticing, .silent: continue
            }
        }
        return nil
    }

    /// The problem that the last word was about.
    var problem: GitError? {
        for event in all.reversed() {
            switch event {
            case .revision: return nil
            case .unreadable(let error): return error
            case .noticing, .silent: continue
            }
        }
        return nil
    }

    var noticing: Noticing? {
        for case .noticing(let noticing) in all.reversed() { return noticing }
        return nil
    }

    /// Waits until a condition holds, at most `limit`.
    func wait(_ limit: Duration = .seconds(60), until condition: (WatchLog) -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while !condition(self) {
            if ContinuousClock.now > end { return false }
            try? await Task.sleep(for: .microseconds(500))
        }
        return true
    }
}

/// A watcher on a repository, and its log.
struct Watched {
    let watcher: RepositoryWatcher
    let log = WatchLog()

    init(_ path: String, ref: String? = nil, adjust: (inout WatchSettings) -> Void = { _ in }) throws {
        var settings = WatchSettings(repository: path, ref: ref, reader: ReaderUnderTest.mode)
        settings.retryInitial = .milliseconds(100)
        settings.retryMax = .milliseconds(400)
        adjust(&settings)
        let log = log
        watcher = RepositoryWatcher(settings: settings) { log.add($0) }
        try watcher.start()
    }
}
