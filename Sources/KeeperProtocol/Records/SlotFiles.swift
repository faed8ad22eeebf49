package import Glibc

/// Names within a slot directory.
package enum SlotFiles {
    /// Held by an OFD lock for as long as the keeper lives. Ask with F_OFD_GETLK, never take it to ask.
    package static let lock = "lock"
    package static let identity = "id"
    package static let spec = "spec"
    package static let exit = "exit"
    package static let output = "output"
}

/// Names within `output/`. The file being written has no number; `.1` is the newest of the older ones.
package enum LogFiles {
    package static let stdout = "stdout.log"
    package static let stderr = "stderr.log"

    /// The index of a log file has its name and this: `stdout.log.index`, `stdout.log.1.index`.
    package static let indexSuffix = ".index"

    /// `number` 0 is the file being written.
    package static func name(_ stream: String, number: Int) -> String {
        number == 0 ? stream : "\(stream).\(number)"
    }

    /// When a file was last written, since 1970. A file can have any time; the year 2242 is late enough.
    package static func nanoseconds(_ time: timespec) -> UInt64 {
        UInt64(min(max(time.tv_sec, 0), 1 << 33)) * 1_000_000_000 + UInt64(max(time.tv_nsec, 0))
    }
}
