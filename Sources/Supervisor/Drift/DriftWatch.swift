import Glibc
import Reconciler
import Synchronization

/// Notices that a program's file or a control group may have changed, and asks for one look at the runs that
/// it concerns. One inotify instance for all runs; a directory is watched once, however many programs are in
/// it.
final class DriftWatch: Sendable {
    private struct Watch {
        /// For a directory: the names in it that matter, and to whom.
        var names: [String: Set<RunID>] = [:]
        /// For a control file: whose it is.
        var run: RunID?
        /// Changes of other names in a directory, since when.
        var strangers = (count: 0, since: Instant.zero)
    }

    /// A directory in which others are busy: it is left for a while, and looked at once after that.
    private struct Rest {
        var time: Duration
        var until: Instant
    }

    private struct State: ~Copyable {
        var inotify: Inotify?
        var token: EventLoop.Token?
        var watches: [Int32: Watch] = [:]
        /// A directory may have several names.
        var directories: [String: Int32] = [:]
        var rests: [String: Rest] = [:]
        var points: [RunID: Set<PathTrail.Point>] = [:]
        var files: [RunID: [String: Int32]] = [:]
        /// When a run is looked at next, and how long that may be put off at most.
        var due: [RunID: (at: Instant, latest: Instant)] = [:]
        var isLooking = false
        var sleep: (until: Instant, task: Task<Void, Never>)?
        var isStopped = false
        /// Runs that could not be watched, and why the last of them could not.
        var unwatched: Set<RunID> = []
        var refusal: String?
    }

    private let loop: EventLoop
    private let state = Mutex(State())
    private let limited: @Sendable (String?) -> Void
    private let look: @Sendable (RunID) async -> Void

    private static let directoryMask =
        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF
        | Int32(IN_ONLYDIR)
    private static let fileMask = Int32(IN_MODIFY)

    /// - Parameters:
    ///   - limited: told once when the kernel refuses a watch, and once with nil when it no longer does.
    ///   - look: called for one run at a time.
    init(
        loop: EventLoop, limited: @escaping @Sendable (String?) -> Void,
        look: @escaping @Sendable (RunID) async -> Void
    ) {
        self.loop = loop
        self.limited = limited
        self.look = look
    }

    /// Directories that are watched now.
    var directoryCount: Int {
        state.withLock { state in state.watches.values.count { $0.run == nil } }
    }

    func stop() {
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
}

// MARK: Looking

extension DriftWatch {
    /// Has the run looked at once, after a pause that gathers what belongs together.
    func schedule(_ run: RunID, after pause: Duration = SupervisorLimits.driftPause) {
        let now = Instant.current
        let starts = state.withLock { state in
            guard !state.isStopped else { return false }
            let latest = state.due[run]?.latest ?? now + max(pause, SupervisorLimits.driftPauseMax)
            let at = min(now + pause, latest)
            state.due[run] = (at, latest)
            if let sleep = state.sleep, sleep.until > at { sleep.task.cancel() }
            defer { state.isLooking = true }
            return !state.isLooking
        }
        if starts { Task.detached { [weak self] in await self?.lookUntilDone() } }
    }

    private func lookUntilDone() async {
        while let run = await nextDue() { await look(run) }
    }

    /// nil when nothing is left to look at.
    private func nextDue() async -> RunID? {
        while true {
            let now = Instant.current
            let (run, sleep) = state.withLock { state -> (RunID?, Task<Void, Never>?) in
                state.sleep = nil
                guard let next = state.due.min(by: { $0.value.at < $1.value.at }) else {
                    state.isLooking = false
                    return (nil, nil)
                }
                let wait = next.value.at - now
                guard wait > .zero else {
                    state.due[next.key] = nil
                    return (next.key, nil)
                }
                let task = Task.detached { _ = try? await Task.sleep(for: wait) }
                state.sleep = (next.value.at, task)
                return (nil, task)
            }
            if let run { return run }
            guard let sleep else { return nil }
            // What is asked for meanwhile, and due before, ends it.
            await sleep.value
        }
    }

    /// The run is over. What it had watched may be another's now.
    func forget(_ run: RunID) {
        var waiting: RunID?
        change { state in
            state.due[run] = nil
            for point in state.points.removeValue(forKey: run) ?? [] { Self.drop(point, of: run, &state) }
            for watch in (state.files.removeValue(forKey: run) ?? [:]).values {
                Self.unwatch(watch, &state)
            }
            state.unwatched.remove(run)
            waiting = state.unwatched.first
        }
        if let waiting { schedule(waiting) }
    }
}

// MARK: Watching

extension DriftWatch {
    /// From here on whatever happens to these names, or is written to these files, leads to a look at the
    /// run.
    func watch(_ run: RunID, _ points: Set<PathTrail.Point>, files: [String]) {
        var rested: Instant?
        change { state in
            guard !state.isStopped else { return }
            do throws(SystemError) {
                try open(&state)
                for point in points {
                    if let rest = state.rests[point.directory], rest.until > .current {
                        rested = max(rested ?? rest.until, rest.until)
                    } else {
                        try Self.add(point, of: run, &state)
                    }
                }
                for point in state.points[run, default: []].subtracting(points) {
                    Self.drop(point, of: run, &state)
                }
                state.points[run] = points
                for file in files where state.files[run]?[file] == nil {
                    let watch = try Self.add(file, Self.fileMask, &state)
                    state.watches[watch] = Watch(run: run)
                    state.files[run, default: [:]][file] = watch
                }
                state.unwatched.remove(run)
            } catch {
                state.unwatched.insert(run)
                state.refusal = Self.words(error)
            }
        }
        // Whatever else has it looked at before: the directory is watched again.
        if let rested { schedule(run, after: rested - .current) }
    }

    /// Changes the watches, and tells when it begins or ends that some run has none.
    private func change(_ body: (inout State) -> Void) {
        let told = state.withLock { state -> (from: String?, to: String?) in
            let before = state.unwatched.isEmpty ? nil : state.refusal
            body(&state)
            return (before, state.unwatched.isEmpty ? nil : state.refusal)
        }
        if told.from != told.to { limited(told.to) }
    }

    private func open(_ state: inout State) throws(SystemError) {
        guard state.token == nil else { return }
        let inotify = try Inotify()
        state.token = try loop.add(inotify.descriptor) { [weak self] _ in self?.drain() }
        state.inotify = consume inotify
    }

    private static func add(
        _ point: PathTrail.Point, of run: RunID, _ state: inout State
    ) throws(SystemError) {
        let watch: Int32
        if let known = state.directories[point.directory] {
            watch = known
        } else {
            do throws(SystemError) {
                watch = try add(point.directory, directoryMask, &state)
            } catch {
                // It went away since: the next look finds another trail.
                if error.number == ENOENT || error.number == ENOTDIR || error.number == EACCES { return }
                throw error
            }
            state.directories[point.directory] = watch
        }
        state.watches[watch, default: Watch()].names[point.name, default: []].insert(run)
    }

    private static func add(_ path: String, _ mask: Int32, _ state: inout State) throws(SystemError) -> Int32
    {
        guard state.watches.count < SupervisorLimits.watchesMax else {
            throw SystemError("watch", path, number: E2BIG)
        }
        switch state.inotify {
        case .some(let inotify): return try inotify.watch(path, mask)
        case .none: throw SystemError("watch", path, number: EBADF)
        }
    }

    private static func drop(_ point: PathTrail.Point, of run: RunID, _ state: inout State) {
        guard let watch = state.directories[point.directory] else { return }
        state.watches[watch]?.names[point.name]?.remove(run)
        if state.watches[watch]?.names[point.name]?.isEmpty == true {
            state.watches[watch]?.names[point.name] = nil
        }
        if state.watches[watch]?.names.isEmpty == true { unwatch(watch, &state) }
    }

    private static func unwatch(_ watch: Int32, _ state: inout State) {
        state.watches[watch] = nil
        state.directories = state.directories.filter { $0.value != watch }
        switch state.inotify {
        case .some(let inotify): inotify.unwatch(watch)
        case .none: break
        }
    }

    private func drain() {
        let (concerned, resting) = state.withLock { state -> (Set<RunID>, [RunID: Duration]) in
            var events: [Inotify.Event] = []
            switch state.inotify {
            case .some(let inotify): inotify.drain { events.append($0) }
            case .none: break
            }
            var runs: Set<RunID> = []
            var resting: [RunID: Duration] = [:]
            for event in events {
                runs.formUnion(Self.take(event, &state))
                guard let (time, others) = Self.rest(from: event, &state) else { continue }
                for run in others { resting[run] = time }
            }
            return (runs, resting)
        }
        for run in concerned { schedule(run) }
        for (run, time) in resting { schedule(run, after: time) }
    }

    /// Counts what is nobody's. Where it is too much the watch is taken away, for a time that doubles as long
    /// as it goes on, and whoever had names there is looked at after it.
    private static func rest(
        from event: Inotify.Event, _ state: inout State
    ) -> (time: Duration, runs: Set<RunID>)? {
        guard let watch = state.watches[event.watch], watch.run == nil, watch.names[event.name] == nil,
            let directory = state.directories.first(where: { $0.value == event.watch })?.key
        else { return nil }
        let now = Instant.current
        var (count, since) = watch.strangers
        if now - since > SupervisorLimits.driftBusyTime { (count, since) = (0, now) }
        state.watches[event.watch]?.strangers = (count + 1, since)
        guard count >= SupervisorLimits.driftStrangersMax else { return nil }
        // One that was quiet for as long as it had rested begins anew.
        state.rests = state.rests.filter { now - $0.value.until < $0.value.time }
        let last = state.rests[directory]?.time
        let time = min(last.map { $0 * 2 } ?? SupervisorLimits.driftRest, SupervisorLimits.driftRestMax)
        state.rests[directory] = Rest(time: time, until: now + time)
        unwatch(event.watch, &state)
        return (time, watch.names.values.reduce(into: []) { $0.formUnion($1) })
    }

    private static func take(_ event: Inotify.Event, _ state: inout State) -> Set<RunID> {
        if event.has(IN_Q_OVERFLOW) { return Set(state.points.keys) }
        guard let watch = state.watches[event.watch] else { return [] }
        if let run = watch.run {
            guard event.has(IN_IGNORED) else { return [run] }
            state.watches[event.watch] = nil
            state.files[run] = state.files[run]?.filter { $0.value != event.watch }
            return []
        }
        if event.has(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT) {
            // What bears this name from now on is another directory.
            unwatch(event.watch, &state)
            return watch.names.values.reduce(into: []) { $0.formUnion($1) }
        }
        return watch.names[event.name] ?? []
    }

    private static func words(_ error: SystemError) -> String {
        "replaced programs and moved processes are noticed late, at the next start or the agent's next "
            + "return: \(error.watchWords)"
    }
}
