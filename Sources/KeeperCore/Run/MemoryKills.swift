import CLinux
import Glibc

/// Counts the kernel's OOM kills in a control group since the run began, and notices each: version 2's
/// `memory.events` and version 1's `memory.oom_control` have the same line.
struct MemoryKills {
    private let file: Int32
    private let before: UInt64
    /// Version 1 tells through an eventfd, version 2 by the file itself.
    private var notice: Int32
    private let isLegacy: Bool
    /// As many as were told of so far.
    private(set) var told: UInt64 = 0
    private var lastKill: UInt64?
    /// Version 1 speaks before it kills and counts: the counter is looked at again until then.
    private var lookUntil: UInt64 = 0

    private static let lookAgainPause: UInt64 = 20_000_000
    private static let lookAgainMax: UInt64 = 2_000_000_000
    /// A kill so long before the end of the main process was not the cause of it.
    private static let explanationMax: UInt64 = 1_000_000_000

    /// Nil if the file cannot be read: nothing is known then.
    init?(_ path: UnsafePointer<CChar>) {
        file = clinux_openat(AT_FDCWD, path, O_RDONLY, 0)
        guard file >= 0 else { return nil }
        guard let kills = CounterFile.value(of: "oom_kill ", in: file) else {
            close(file)
            return nil
        }
        before = kills
        let directory = strrchr(path, 47).map { $0 - UnsafeMutablePointer(mutating: path) } ?? 0
        let eventfd = Self.eventfd(for: file, in: path, length: directory)
        isLegacy = eventfd >= 0
        notice = isLegacy ? eventfd : file
    }

    /// Registered in version 1's `cgroup.event_control`; -1 where there is none.
    private static func eventfd(for file: Int32, in path: UnsafePointer<CChar>, length: Int) -> Int32 {
        let control = withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 32) { buffer in
            guard let name = buffer.baseAddress else { return Int32(-1) }
            memcpy(name, path, length)
            strcpy(name + length, "/cgroup.event_control")
            return clinux_openat(AT_FDCWD, name, O_WRONLY, 0)
        }
        guard control >= 0 else { return -1 }
        defer { close(control) }
        let eventfd = clinux_eventfd()
        guard eventfd >= 0 else { return -1 }
        let line = Array("\(eventfd) \(file)".utf8)
        if write(control, line, line.count) == line.count { return eventfd }
        close(eventfd)
        return -1
    }

    func add(to waiting: inout PollSet) {
        waiting.add(notice, .memory, events: isLegacy ? Int32(POLLIN) : Int32(POLLPRI))
    }

    /// When to look again; nil: once there is a notice.
    func deadline(at now: UInt64) -> UInt64? { now < lookUntil ? now + Self.lookAgainPause : nil }

    /// True where there is something new to tell.
    mutating func look(isReady: Bool) -> Bool {
        let now = clinux_boottime_ns()
        if isReady, isLegacy {
            var count: UInt64 = 0
            _ = read(notice, &count, 8)
            lookUntil = now + Self.lookAgainMax
        }
        guard isReady || now < lookUntil else { return false }
        guard let count = CounterFile.value(of: "oom_kill ", in: file) else {
            // The group is gone, and would speak for ever.
            notice = -1
            lookUntil = 0
            return false
        }
        let kills = count > before ? count - before : 0
        guard kills > told else { return false }
        told = kills
        lastKill = now
        lookUntil = 0
        return true
    }

    var newKills: UInt64 {
        let now = CounterFile.value(of: "oom_kill ", in: file) ?? before
        return now > before ? now - before : 0
    }

    /// Whether an OOM kill is what ended a process at this time.
    func explains(endAt end: UInt64) -> Bool {
        if newKills > told { return true }
        guard let lastKill else { return false }
        return lastKill + Self.explanationMax > end
    }
}
