import Glibc
package import Manifests
import Reconciler
import Synchronization

/// Notices the files that path triggers wait for. One inotify instance for all of them; a directory is
/// watched once, however many triggers look into it. What is news, `PathSettling` decides.
package final class PathWatch: Sendable {
    /// Files that have come or changed, and have settled.
    package struct News: Sendable, Hashable {
        package var schedule: String
        /// To be handed to `acknowledge` once the firing cannot be lost any more.
        package var sequence: Int
        /// The first by name; at most `pathsMax`.
        package var paths: [String]
        package var count: Int

        package static let pathsMax = 16

        /// `/srv/in/a.csv and 2 more`.
        package var text: String {
            let first = paths.first ?? ""
            return count > 1 ? "\(first) and \(count - 1) more" : first
        }
    }

    private struct Watched {
        var settling: PathSettling
        /// Watches of the directories that it looks into.
        var watches: Set<Int32> = []
        /// Not looked at before this, however much happens.
        var notBefore = Instant.zero
        var isUnsaved = false
        /// Why it cannot be watched as it should; nil: it can.
        var limit: String?

        var record: PathRecord? {
            settling.known.map { PathRecord(glob: settling.trigger.glob, files: $0) }
        }
    }

    private struct State: ~Copyable {
        var inotify: Inotify?
        var token: EventLoop.Token?
        var watched: [String: Watched] = [:]
        /// Watch → trigger → patterns of names.
        var watches: [Int32: [String: Set<String>]] = [:]
        var due: [String: Instant] = [:]
        var isLooking = false
        var sleep: (until: Instant, task: Task<Void, Never>)?
        var isStopped = false
        var changed: (@Sendable (News) -> Void)?
        var limited: (@Sendable (String, String?) -> Void)?
    }

    private let loop: EventLoop
    private let directory: String
    private let state = Mutex(State())

    private static let mask =
        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF
        | Int32(IN_ONLYDIR)

    /// - Parameter directory: where is kept what was told of.
    init(loop: EventLoop, directory: String) {
        self.loop = loop
        self.directory = directory
    }

    /// - Parameters:
    ///   - changed: told of files, on no particular thread.
    ///   - limited: told why a Schedule's files cannot be watched as they should, and with nil that they can
    ///     again.
    package func start(
        changed: @escaping @Sendable (News) -> Void, limited: @escaping @Sendable (String, String?) -> Void
    ) {
        state.withLock { state in
            state.changed = changed
            state.limited = limited
        }
    }

    /// All path triggers that count from here on, by their Schedules. What came for them while nobody watched
    /// is told of soon.
    package func watch(_ triggers: [String: PathTrigger]) {
        let (old, isStopped) = state.withLock { state in
            (state.watched.mapValues(\.settling.trigger), state.isStopped)
        }
        guard !isStopped, old != triggers || old.isEmpty else { return }
        PathRecord.removeAll(but: Set(triggers.keys), in: directory)
        var records: [String: PathRecord] = [:]
        for (name, trigger) in triggers where old[name]?.glob != trigger.glob {
            records[name] = PathRecord.read(name, in: directory)
        }
        state.withLock { state in
            for name in Array(state.watched.keys) where triggers[name] == nil {
                Self.setWatches([:], of: name, &state)
                state.watched[name] = nil
                state.due[name] = nil
            }
            for (name, trigger) in triggers {
                if state.watched[name]?.settling.trigger.glob == trigger.glob {
                    state.watched[name]?.settling.take(trigger)
                } else {
                    // Of another pattern, what was known says nothing.
                    let record = records[name]
                    let known = record?.glob == trigger.glob ? record?.files : nil
                    let watches = state.watched[name]?.watches ?? []
                    state.watched[name] = Watched(
                        settling: PathSettling(trigger, known: known), watches: watches)
                }
                state.due[name] = .current
            }
        }
        wake()
    }

    /// The firing that this news led to cannot be lost any more.
    package func acknowledge(_ schedule: String, _ sequence: Int) {
        let isChanged = state.withLock { state in
            guard state.watched[schedule]?.settling.acknowledge(sequence) == true else { return false }
            state.watched[schedule]?.isUnsaved = true
            state.due[schedule] = .current
            return true
        }
        if isChanged { wake() }
    }

    package func stop() {
        let token = state.withLock { state in
            state.isStopped = true
            state.due = [:]
            state.sleep?.task.cancel()
            let token = state.token
            state.token = nil
            return token
        }
        if let token { loop.remove(token) }
        state.withLock { $0.inotify = nil }
    }

    /// Directories that are watched now.
    var directoryCount: Int { state.withLock { $0.watches.count } }
}

// MARK: Looking

extension PathWatch {
    private func wake() {
        let starts = state.withLock { state in
            guard !state.isStopped, let next = state.due.values.min() else { return false }
            if let sleep = state.sleep, sleep.until > next { sleep.task.cancel() }
            defer { state.isLooking = true }
            return !state.isLooking
        }
        if starts { Task.detached { [weak self] in await self?.lookUntilDone() } }
    }

    private func lookUntilDone() async {
        while let name = await nextDue() { look(name) }
    }

    /// nil when nothing is left to look at before something happens.
    private func nextDue() async -> String? {
        while true {
            let now = Instant.current
            let (name, sleep) = state.withLock { state -> (String?, Task<Void, Never>?) in
                state.sleep = nil
                guard let next = state.due.min(by: { $0.value < $1.value }) else {
                    state.isLooking = false
                    return (nil, nil)
                }
                let wait = next.value - now
                guard wait > .zero else {
                    state.due[next.key] = nil
                    return (next.key, nil)
                }
                let task = Task.detached { _ = try? await Task.sleep(for: wait) }
                state.sleep = (next.value, task)
                return (nil, task)
            }
            if let name { return name }
            guard let sleep else { return nil }
            // What happens meanwhile, and is due before, ends it.
            await sleep.value
        }
    }

    /// Watches first, and looks then: what comes in between is seen by one or the other.
    private func look(_ name: String) {
        let began = Instant.current
        guard let glob = state.withLock({ $0.watched[name]?.settling.trigger.glob }) else { return }
        var scan = PathScan(glob)
        var refusal: String?
        for _ in 0..<Self.scansMax {
            let (isNew, problem) = watchDirectories(scan.directories, of: name)
            refusal = problem
            guard isNew else { break }
            scan = PathScan(glob)
        }
        let now = Instant.current
        // However much happens, looking takes a small part of the time.
        let pause = max(SupervisorLimits.pathPause, (now - began) * 10)
        let (news, record) = state.withLock { state -> (News?, PathRecord?) in
            guard var watched = state.watched[name], watched.settling.trigger.glob == glob else {
                return (nil, nil)
            }
            defer { state.watched[name] = watched }
            watched.notBefore = now + pause
            var news: News?
            if scan.refusal == nil {
                if watched.settling.look(scan.files, at: now) { watched.isUnsaved = true }
                news = watched.settling.settled(at: now).map { News(name, $0.sequence, $0.paths) }
            }
            var next = watched.settling.next.map { max($0, watched.notBefore) }
            if scan.refusal ?? refusal != nil { next = now + SupervisorLimits.pathRetry }
            if let next { state.due[name] = min(next, state.due[name] ?? next) }
            return (news, watched.isUnsaved ? watched.record : nil)
        }
        if let record { refusal = save(record, name) ?? refusal }
        tell(scan.refusal ?? refusal, of: name)
        if let news { state.withLock { $0.changed }?(news) }
    }

    private static let scansMax = 4

    /// nil: it is kept.
    private func save(_ record: PathRecord, _ name: String) -> String? {
        do throws(SystemError) {
            try record.write(name, in: directory)
            state.withLock { $0.watched[name]?.isUnsaved = false }
            return nil
        } catch {
            // It is tried again with the next look.
            let retry = Instant.current + SupervisorLimits.pathRetry
            state.withLock { $0.due[name] = min($0.due[name] ?? retry, retry) }
            return "what was told of cannot be kept: \(error)"
        }
    }

    private func tell(_ limit: String?, of name: String) {
        let told = state.withLock { state -> (@Sendable (String, String?) -> Void)? in
            guard let watched = state.watched[name], watched.limit != limit else { return nil }
            state.watched[name]?.limit = limit
            return state.limited
        }
        told?(name, limit)
    }
}

extension PathWatch.News {
    fileprivate init(_ schedule: String, _ sequence: Int, _ paths: [String]) {
        self.schedule = schedule
        self.sequence = sequence
        self.paths = Array(paths.prefix(Self.pathsMax))
        count = paths.count
    }
}

// MARK: Watching

extension PathWatch {
    /// Whether a directory is watched that was not before, and why one cannot be.
    private func watchDirectories(
        _ directories: [String: Set<String>], of name: String
    ) -> (isNew: Bool, refusal: String?) {
        state.withLock { state in
            guard !state.isStopped, let before = state.watched[name]?.watches else { return (false, nil) }
            var found: [Int32: Set<String>] = [:]
            var refusal: String?
            do throws(SystemError) {
                try open(&state)
                for (directory, patterns) in directories {
                    guard let watch = try Self.add(directory, &state) else { continue }
                    found[watch, default: []].formUnion(patterns)
                }
            } catch {
                refusal = "looked at once a minute only: \(error.watchWords)"
            }
            Self.setWatches(found, of: name, &state)
            return (!Set(found.keys).isSubset(of: before), refusal)
        }
    }

    private func open(_ state: inout State) throws(SystemError) {
        guard state.token == nil else { return }
        let inotify = try Inotify()
        state.token = try loop.add(inotify.descriptor) { [weak self] _ in self?.drain() }
        state.inotify = consume inotify
    }

    /// nil: it went away since. A directory that is watched already keeps its watch.
    private static func add(_ directory: String, _ state: inout State) throws(SystemError) -> Int32? {
        guard state.watches.count < SupervisorLimits.watchesMax else {
            throw SystemError("watch", directory, number: E2BIG)
        }
        do throws(SystemError) {
            switch state.inotify {
            case .some(let inotify): return try inotify.watch(directory, mask)
            case .none: throw SystemError("watch", directory, number: EBADF)
            }
        } catch {
            if [ENOENT, ENOTDIR, EACCES].contains(error.number) { return nil }
            throw error
        }
    }

    private static func setWatches(_ found: [Int32: Set<String>], of name: String, _ state: inout State) {
        for watch in (state.watched[name]?.watches ?? []).subtracting(found.keys) {
            state.watches[watch]?[name] = nil
            guard state.watches[watch]?.isEmpty == true else { continue }
            state.watches[watch] = nil
            switch state.inotify {
            case .some(let inotify): inotify.unwatch(watch)
            case .none: break
            }
        }
        for (watch, patterns) in found { state.watches[watch, default: [:]][name] = patterns }
        state.watched[name]?.watches = Set(found.keys)
    }

    private func drain() {
        state.withLock { state in
            var events: [Inotify.Event] = []
            switch state.inotify {
            case .some(let inotify): inotify.drain { events.append($0) }
            case .none: break
            }
            let now = Instant.current
            for name in Set(events.flatMap { Self.concerned($0, &state) }) {
                let at = max(now + SupervisorLimits.pathPause, state.watched[name]?.notBefore ?? now)
                state.due[name] = min(state.due[name] ?? at, at)
            }
        }
        wake()
    }

    private static func concerned(_ event: Inotify.Event, _ state: inout State) -> [String] {
        if event.has(IN_Q_OVERFLOW) { return Array(state.watched.keys) }
        guard let patterns = state.watches[event.watch] else { return [] }
        if event.has(IN_IGNORED) {
            // The kernel has taken it away: its number may be another directory's from now on.
            state.watches[event.watch] = nil
            for name in patterns.keys { state.watched[name]?.watches.remove(event.watch) }
            return Array(patterns.keys)
        }
        if event.has(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) { return Array(patterns.keys) }
        return patterns.filter { $0.value.contains { PathScan.matches(event.name, $0) } }.map(\.key)
    }
}
