import Agent
import Glibc
import Reconciler

/// The host's clocks and its source of chance.
struct SystemClock: ClockPort {
    /// Names this boot; an empty text where the kernel does not tell, which no other boot equals either way.
    let bootID: String

    init() {
        var bytes = [UInt8](repeating: 0, count: 64)
        let fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        let count = fd >= 0 ? read(fd, &bytes, bytes.count) : 0
        if fd >= 0 { close(fd) }
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        bootID = String(text.prefix { $0 != "\n" })
    }

    func now() -> Moment {
        var boot = timespec()
        var wall = timespec()
        clock_gettime(CLOCK_BOOTTIME, &boot)
        clock_gettime(CLOCK_REALTIME, &wall)
        return Moment(
            instant: Instant(nanoseconds: boot.nanoseconds), wall: WallTime(nanoseconds: wall.nanoseconds))
    }

    func sleep(until: Instant) async {
        // Being cancelled ends the sleep early, and whoever cancelled it looks no further.
        let left = until - now().instant
        if left > .zero { try? await Task.sleep(for: left, clock: .suspending) }
    }

    func random() -> Double { Double.random(in: 0..<1) }
}

extension timespec {
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}
