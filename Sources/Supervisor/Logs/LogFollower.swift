import CLinux
import Glibc
import Reconciler
import Synchronization

/// Waits for log directories to change, and reads what is new. One consumer asks for one record after the
/// other.
actor LogFollower {
    private let reader: LogReader
    private let query: LogQuery
    private let targets: [LogTarget]
    private let loop: EventLoop
    private let watches = LogWatches()
    private let say: @Sendable (String) -> Void
    private var isSaid = false
    private var merge = LogMerge([])
    private var slots: Set<SlotID>
    private var opening: [LogRecord] = []
    private var isBegun = false

    private static let waitMax: Duration = .seconds(86_400)
    /// How often is looked at what the kernel refuses to watch.
    private static let unwatchedPeriod: Duration = .seconds(1)
    private static let batchMax = 256
    private static let batchBytesMax = 1 << 20
    /// How often it is looked whether the run of a line without an end is over.
    private static let pendingWait: Duration = .seconds(1)

    /// nil where this process may open no more files. `say` is told once why lines come late.
    init?(
        _ reader: LogReader, _ query: LogQuery, targets: [LogTarget],
        say: @escaping @Sendable (String) -> Void
    ) {
        guard let loop = try? EventLoop() else { return nil }
        self.loop = loop
        self.say = say
        self.reader = reader
        self.query = query
        self.targets = targets
        slots = Set(query.slots)
    }

    deinit { loop.stop() }

    /// One record or more; nil once nobody wants them any more.
    func next() async -> [LogRecord]? {
        if !isBegun { begin() }
        while !Task.isCancelled {
            if !opening.isEmpty {
                defer { opening = [] }
                return opening
            }
            if let batch = batch() { return batch }
            // Taken first: what changes after this wakes us again.
            if watches.takeNews() || watches.refusal != nil { discover() }
            merge.refill()
            if let batch = batch() { return batch }
            await wait()
        }
        return nil
    }

    private func batch() -> [LogRecord]? {
        var records: [LogRecord] = []
        var bytes = 0
        while records.count < Self.batchMax, bytes < Self.batchBytesMax, let record = merge.next() {
            records.append(record)
            if case .line(let line) = record { bytes += line.bytes.count }
        }
        return records.isEmpty ? nil : records
    }

    private func begin() {
        isBegun = true
        watches.watch(directory: reader.layout.slots)
        for slot in slots { watch(slot) }
        for target in targets { watches.watch(directory: "\(reader.layout.slots)/\(target.instance)") }
        if let last = query.last {
            let isOver = isOver
            (opening, merge) = reader.tail(last, query, flushing: isOver)
            for selection in merge.selections { selection.cursor.bound = nil }
        } else {
            merge = LogMerge(reader.selections(query))
        }
        discover()
    }

    private func watch(_ slot: SlotID) {
        let directory = reader.layout.output(slot)
        if !watches.watch(output: directory) { watches.watch(directory: reader.layout.slot(slot)) }
    }

    /// Replicas that are new, and slots that have got their directory for output.
    private func discover() {
        for target in targets { watches.watch(directory: "\(reader.layout.slots)/\(target.instance)") }
        for slot in reader.slots(of: targets) {
            watch(slot)
            guard slots.insert(slot).inserted else { continue }
            var added = query
            added.slots = [slot]
            for selection in reader.selections(added) { merge.add(selection) }
        }
    }

    private func wait() async {
        let hasPending = merge.selections.contains { $0.cursor.hasPendingText }
        // A line without an end is held back while its run may go on with it. Of a keeper that was killed no
        // entry tells that it is over, and no notification either.
        if hasPending {
            merge.flush(where: isOver)
            if let record = merge.next() {
                opening = [record]
                return
            }
        }
        if let refusal = watches.refusal, !isSaid {
            isSaid = true
            say("new lines are looked for once a second: \(refusal.watchWords)")
        }
        guard watches.descriptor >= 0 else { return await doze(for: Self.unwatchedPeriod) }
        let timeout =
            watches.refusal != nil ? Self.unwatchedPeriod : hasPending ? Self.pendingWait : Self.waitMax
        _ = await loop.waitUntilReadable(watches.descriptor, timeout: timeout)
    }

    private nonisolated var isOver: (SlotID) -> Bool {
        { [layout = reader.layout] slot in (try? Slot(slot, layout).lockState()) == .free }
    }
}

/// The directories that are watched: those of output, whose every change counts, and those above, in which
/// replicas come and go.
final class LogWatches: Sendable {
    /// -1 where the kernel allows none.
    let descriptor: Int32
    private let refused = Mutex<SystemError?>(nil)

    init() {
        descriptor = inotify_init1(O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 { refuse(SystemError("inotify_init", "")) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Why something is not watched that is there.
    var refusal: SystemError? { refused.withLock { $0 } }

    private func refuse(_ error: SystemError) { refused.withLock { $0 = $0 ?? error } }

    /// False where it is not there.
    @discardableResult
    func watch(output path: String) -> Bool {
        watch(path, Int32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE))
    }

    func watch(directory path: String) { _ = watch(path, Int32(IN_CREATE | IN_MOVED_TO)) }

    private func watch(_ path: String, _ events: Int32) -> Bool {
        guard descriptor >= 0 else { return access(path, F_OK) == 0 }
        if inotify_add_watch(descriptor, path, UInt32(events | Int32(IN_ONLYDIR))) >= 0 { return true }
        let error = SystemError("watch", path)
        // What is missing comes with a change of what is above it.
        guard error.number != ENOENT, error.number != ENOTDIR else { return false }
        refuse(error)
        return true
    }

    /// Takes in what was told. True if a directory was made, or so much happened that nobody knows.
    func takeNews() -> Bool {
        guard descriptor >= 0 else { return false }
        var isNew = false
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return isNew }
            buffer.withUnsafeBytes { bytes in
                var offset = 0
                while offset + MemoryLayout<inotify_event>.size <= count {
                    let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    let (mask, made) = (Int32(bitPattern: event.mask), IN_CREATE | IN_MOVED_TO)
                    if mask & Int32(bitPattern: UInt32(IN_ISDIR)) != 0, mask & Int32(made) != 0 {
                        isNew = true
                    }
                    if mask & Int32(IN_Q_OVERFLOW) != 0 { isNew = true }
                    offset += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
        }
    }
}
