import CLinux
import Glibc

/// Counts the kernel's OOM kills in a control group since the run began: version 2's `memory.events` and
/// version 1's `memory.oom_control` have the same line.
struct OomCounter {
    private let file: Int32
    private let before: UInt64

    /// Nil if the file cannot be read: nothing is known then.
    init?(_ path: UnsafePointer<CChar>) {
        file = clinux_openat(AT_FDCWD, path, O_RDONLY, 0)
        guard file >= 0 else { return nil }
        guard let kills = CounterFile.value(of: "oom_kill ", in: file) else {
            close(file)
            return nil
        }
        before = kills
    }

    var newKills: UInt64 {
        let now = CounterFile.value(of: "oom_kill ", in: file) ?? before
        return now > before ? now - before : 0
    }
}
