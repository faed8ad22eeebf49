import CLinux
import Glibc

/// A version 2 control group, held by a descriptor of its directory.
struct ControlGroup {
    private let directory: Int32

    /// Nil if it cannot be opened.
    init?(_ path: UnsafePointer<CChar>) {
        directory = clinux_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0)
        guard directory >= 0 else { return nil }
    }

    /// Kills every process in it and below. False where the kernel has no `cgroup.kill`.
    func kill() -> Bool {
        let file = clinux_openat(directory, "cgroup.kill", O_WRONLY, 0)
        guard file >= 0 else { return false }
        defer { close(file) }
        return write(file, "1", 1) == 1
    }

    /// Whether a process is in it or below. A group that was removed has none; one that cannot be read may.
    var isPopulated: Bool {
        let file = clinux_openat(directory, "cgroup.events", O_RDONLY, 0)
        guard file >= 0 else { return errno != ENOENT && errno != ENODEV }
        defer { close(file) }
        return CounterFile.value(of: "populated ", in: file).map { $0 != 0 } ?? (errno != ENODEV)
    }
}

/// Files of lines "name number", as the control group file system has them.
enum CounterFile {
    /// The number of the line that begins with `name` (its space included), or nil.
    static func value(of name: StaticString, in file: Int32) -> UInt64? {
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let length = pread(file, buffer.baseAddress, buffer.count, 0)
            guard length > 0 else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: buffer[0..<length])
            return name.withUTF8Buffer { value(of: $0, in: text) }
        }
    }

    private static func value(
        of name: UnsafeBufferPointer<UInt8>, in text: UnsafeRawBufferPointer
    ) -> UInt64? {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            let line = text[start..<end]
            if line.starts(with: name) {
                return line.dropFirst(name.count).reduce(0) { $0 &* 10 &+ UInt64($1 &- 48) }
            }
            start = end + 1
        }
        return nil
    }
}
