import Glibc

/// Learns from the kernel when a ref may have changed. Belongs to the watcher's thread.
struct RepositoryEvents: ~Copyable {
    /// How often the disk may change under a look at it before the rest is left to the next one.
    private static let looksMax = 8
    /// A directory that matters for nothing but its own end.
    private static let selfMask = UInt32(bitPattern: IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
    /// A directory in which names matter. Refs are renamed into place, but some tools write or link them.
    private static let namesMask =
        selfMask
        | UInt32(bitPattern: IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ATTRIB)

    private struct Watch {
        var mask: UInt32
        var names: Set<String>
    }

    private let repository: String
    private let watchesMax: Int
    private var inotify: Inotify?
    private var plan: WatchPlan?
    private var watches: [Int32: Watch] = [:]
    /// Something happened to a watched directory itself, so that its watch may be on one that is gone.
    private var mustRenew = false

    init(repository: String, watchesMax: Int) {
        self.repository = repository
        self.watchesMax = watchesMax
    }

    /// To be polled for input; -1 without inotify.
    var descriptor: Int32 {
        switch inotify {
        case .some(let inotify): inotify.descriptor
        case .none: -1
        }
    }

    /// Watches whatever has to be watched now; to be called before each look at the ref. Nil: the kernel
    /// tells of everything from here on. Otherwise why it cannot.
    mutating func arm(ref: String?, allTags: Bool = false) -> GitError? {
        do throws(Inotify.Refusal) {
            if inotify == nil { inotify = try Inotify.open() }
        } catch {
            return Self.instanceLimit(error.code)
        }
        for _ in 0..<Self.looksMax {
            let fresh = WatchPlan(repository: repository, ref: ref.map(RefName.full), allTags: allTags)
            if fresh == plan, !mustRenew { break }
            mustRenew = false
            plan = nil
            if let failure = apply(fresh) { return failure }
            plan = fresh
        }
        return silentFileSystem()
    }

    /// Takes the events that wait; true when one of them may be about the ref.
    mutating func drain() -> Bool {
        var isRelevant = false
        var mustRenew = false
        let watches = watches
        inotify?.drain { event in
            let isStructural = event.has(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)
            if event.has(IN_Q_OVERFLOW) {
                isRelevant = true
                mustRenew = true
            } else if let watch = watches[event.watch] {
                if isStructural { mustRenew = true }
                if isStructural || event.name.isEmpty || watch.names.contains(event.name)
                    || watch.names.contains(WatchPlan.everyName)
                {
                    isRelevant = true
                }
            }
        }
        if mustRenew { self.mustRenew = true }
        return isRelevant
    }

    /// Sets the watches of a plan and takes away all others.
    private mutating func apply(_ plan: WatchPlan) -> GitError? {
        guard plan.names.count <= watchesMax else {
            return GitError(
                .watchLimit,
                "following \(repository) takes \(plan.names.count) watches, more than \(watchesMax)")
        }
        var kept: [Int32: Watch] = [:]
        for (directory, names) in plan.names {
            if let failure = watch(directory, names, &kept) { return failure }
        }
        for stale in watches.keys where kept[stale] == nil { inotify?.unwatch(stale) }
        watches = kept
        return nil
    }

    private func watch(_ directory: String, _ names: Set<String>, _ kept: inout [Int32: Watch]) -> GitError? {
        var mask = names.isEmpty ? Self.selfMask : Self.namesMask
        let watch = add(directory, mask)
        guard watch >= 0 else { return Self.watchFailure(errno, directory, matters: !names.isEmpty) }
        var all = names
        if let other = kept[watch] {
            // Two paths lead to one directory, and the second call replaced what the first had asked for.
            mask |= other.mask
            all.formUnion(other.names)
            _ = add(directory, mask)
        }
        kept[watch] = Watch(mask: mask, names: all)
        return nil
    }

    private func add(_ directory: String, _ mask: UInt32) -> Int32 {
        switch inotify {
        case .some(let inotify): inotify.watch(directory, mask)
        case .none: -1
        }
    }

    private func silentFileSystem() -> GitError? {
        guard let layout = try? RepositoryLayout.locate(repository) else { return nil }
        let directories = [layout.gitDirectory, layout.commonDirectory]
        guard let name = directories.lazy.compactMap(FileSystemKind.silentName).first else { return nil }
        return GitError(
            .silentFileSystem, "\(repository) is on \(name), which does not tell of changes from other hosts")
    }

    private static func watchFailure(_ code: Int32, _ directory: String, matters: Bool) -> GitError? {
        switch code {
        case ENOSPC:
            GitError(
                .watchLimit, "the kernel allows no further inotify watch (fs.inotify.max_user_watches)",
                advice: "sysctl fs.inotify.max_user_watches=524288")
        case ENOMEM:
            GitError(.watchLimit, "the kernel has no memory for a further inotify watch")
        case EACCES where matters:
            GitError(.unreadable, "\(directory) cannot be watched: \(SystemMessage.of(code))")
        // It went away since the look at it, which the watch on the directory above tells; or it is one
        // further up that nobody but its owner may read.
        default: nil
        }
    }

    private static func instanceLimit(_ code: Int32) -> GitError {
        GitError(
            .watchLimit,
            "the kernel allows no further inotify instance (fs.inotify.max_user_instances): "
                + SystemMessage.of(code),
            advice: "sysctl fs.inotify.max_user_instances=1024")
    }
}
