import CLinux
import Glibc

/// A process that cannot be confused with a later one of the same pid (within one boot).
package struct ProcessIdentity: Equatable, Hashable, Sendable {
    package var pid: Int32
    /// Field 22 of /proc/<pid>/stat: clock ticks after boot.
    package var startTicks: UInt64

    package init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }

    /// Who has this pid now, a zombie included; nil if nobody has.
    package init?(of pid: Int32) {
        guard let stat = ProcessStat(pid: pid) else { return nil }
        self.init(pid: pid, startTicks: stat.startTicks)
    }

    /// A pidfd of this very process, or nil if it is gone. Opened first and verified after, so whatever the
    /// descriptor names is what was asked for.
    package func openPidfd() -> Int32? {
        let pidfd = clinux_pidfd_open(pid)
        guard pidfd >= 0 else { return nil }
        // While the process that the pidfd names is alive or a zombie its pid cannot be given to another;
        // the signal 0 after reading proves that it still was.
        guard ProcessIdentity(of: pid) == self, clinux_pidfd_send_signal(pidfd, 0) == 0 else {
            close(pidfd)
            return nil
        }
        return pidfd
    }
}

/// The few fields of /proc/<pid>/stat that tell processes apart.
package struct ProcessStat: Sendable {
    package var state: UInt8
    package var parent: Int32
    package var startTicks: UInt64

    package var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
    package var isStopped: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") }

    /// Nil if there is no such process.
    package init?(pid: Int32) {
        let path = "/proc/\(pid)/stat"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let parsed = withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer -> ProcessStat? in
            let length = read(file, buffer.baseAddress, buffer.count)
            guard length > 0 else { return nil }
            return ProcessStat(line: UnsafeRawBufferPointer(rebasing: buffer[0..<length]))
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The name in the second field may hold anything, so counting starts after its last parenthesis.
    init?(line: UnsafeRawBufferPointer) {
        guard let end = line.lastIndex(of: UInt8(ascii: ")")), end + 2 < line.count else { return nil }
        state = line[end + 2]
        parent = 0
        startTicks = 0
        var field = 3
        var number: UInt64 = 0
        for byte in line[(end + 2)...] {
            if byte == UInt8(ascii: " ") {
                if field == 4 { parent = Int32(truncatingIfNeeded: number) }
                if field == 22 {
                    startTicks = number
                    return
                }
                field += 1
                number = 0
            } else if byte >= 48, byte <= 57 {
                number = number &* 10 &+ UInt64(byte - 48)
            }
        }
        return nil
    }
}
