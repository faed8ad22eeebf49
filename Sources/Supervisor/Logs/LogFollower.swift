import CLinux
import Glibc
import Reconciler

/// Waits for log directories to change, and reads what is new. One consumer asks for one record after the
/// other.
actor LogFollower {
    private let reader: LogReader
    private let query: LogQuery
    private let targets: [LogTarget]
    private let loop: EventLoop
    private let watches: LogWatches
    private var merge = LogMerge([])
    private var slots: Set<SlotID>
    private var opening: [LogRecord] = []
    private var isBegun = false

    private static let waitMax: Duration = .seconds(86_400)
    private static let batchMax = 256
    private static let batchBytesMax = 1 << 20
    /// How often it is looked whether the run of a line without an end is over.
    private static let pendingWait: Duration = .seconds(1)

    /// nil where the host lets nobody watch any more.
    init?(_ reader: LogReader, _ query: LogQuery, targets: [LogTarget]) {
        guard let watches = LogWatches(), let loop = try? EventLoop() else { return nil }
        self.watches = watches
        self.loop = loop
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
            if watches.takeNews() { discover() }
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
        _ = await loop.waitUntilReadable(
            watches.descriptor, timeout: hasPending ? Self.pendingWait : Self.waitMax)
    }

    private nonisolated var isOver: (SlotID) -> Bool {
        { [layout = reader.layout] slot in (try? Slot(slot, layout).lockState()) == .free }
    }
}

/// The directories that are watched: those of output, whose every change counts, and those above, in which
/// replicas come and go.
final class LogWatches: Sendable {
    private let notifications: Descriptor

    init?() {
        let raw = inotify_init1(O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { return nil }
        notifications = Descriptor(owning: raw)
    }

    var descriptor: Int32 { notifications.raw }

    /// False where it is not there.
    @discardableResult
    func watch(output path: String) -> Bool {
        let events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE
        return inotify_add_watch(descriptor, path, UInt32(events | IN_ONLYDIR)) >= 0
    }

    func watch(directory path: String) {
        _ = inotify_add_watch(descriptor, path, UInt32(IN_CREATE | IN_MOVED_TO | IN_ONLYDIR))
    }

    /// Takes in what was told. True if a directory was made, or so much happened that nobody knows.
    func takeNews() -> Bool {
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
