import CLinux
import Glibc
import Reconciler

/// Waits for log directories to change, and reads what is new. One consumer asks for one line after another.
actor LogFollower {
    private let selections: [LogSelection]
    private let slots: [Slot]
    private let loop: EventLoop
    private let notifications: Descriptor
    private var last: Int?
    private var queue: [LogLine] = []
    private var queueIndex = 0
    private var isBegun = false

    private static let waitMax: Duration = .seconds(86_400)
    /// How often it is looked whether the run of a line without an end is over.
    private static let pendingWait: Duration = .seconds(1)

    /// nil where the host lets nobody watch any more.
    init?(_ selections: sending [LogSelection], last: Int?, directories: [String], slots: [Slot]) {
        let raw = inotify_init1(O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { return nil }
        notifications = Descriptor(owning: raw)
        let events = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR)
        for directory in directories { _ = inotify_add_watch(raw, directory, events) }
        guard let loop = try? EventLoop() else { return nil }
        self.loop = loop
        self.selections = selections
        self.last = last
        self.slots = slots
    }

    deinit { loop.stop() }

    func next() async -> LogLine? {
        while !Task.isCancelled {
            if queueIndex < queue.count {
                defer { queueIndex += 1 }
                return queue[queueIndex]
            }
            queue.removeAll(keepingCapacity: true)
            queueIndex = 0
            // Drained first: what changes after this wakes us again.
            drain()
            collect()
            if queue.isEmpty { await wait() }
        }
        return nil
    }

    /// Takes in what is there, some lines of each stream, in the order of time.
    private func collect() {
        let isFirst = !isBegun
        isBegun = true
        for selection in selections {
            var count = 0
            while isFirst || count < SupervisorLimits.followLinesMax, let line = selection.next() {
                queue.append(line)
                count += 1
            }
        }
        queue = queue.enumerated().sorted {
            $0.element.time == $1.element.time ? $0.offset < $1.offset : $0.element.time < $1.element.time
        }.map(\.element)
        if isFirst, let last { queue = Array(queue.suffix(max(last, 0))) }
    }

    private func wait() async {
        guard selections.contains(where: \.cursor.hasPendingText) else {
            _ = await loop.waitUntilReadable(notifications.raw, timeout: Self.waitMax)
            return
        }
        // A line without an end is held back while its run may go on with it. The keeper closes its logs a
        // moment before it lets go of the slot, of which no notification tells.
        if takeEndedLines() { return }
        _ = await loop.waitUntilReadable(notifications.raw, timeout: Self.pendingWait)
    }

    private func takeEndedLines() -> Bool {
        let ended = Set(slots.filter { (try? $0.lockState()) == .free }.map(\.id))
        for selection in selections where ended.contains(selection.cursor.slot) {
            if let line = selection.next() ?? selection.cursor.flush(), selection.wants(line) {
                queue.append(line)
            }
        }
        return !queue.isEmpty
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while read(notifications.raw, &buffer, buffer.count) > 0 {}
    }
}
