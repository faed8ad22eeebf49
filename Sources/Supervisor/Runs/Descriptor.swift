import CLinux
import Glibc

/// Owns one file descriptor and closes it at the end of its life.
struct Descriptor: ~Copyable, Sendable {
    let raw: Int32

    init(owning raw: Int32) { self.raw = raw }

    /// Opens close-on-exec. `directory` is what a relative path is relative to.
    init(
        _ path: String, _ flags: Int32, mode: mode_t = 0, in directory: Int32 = AT_FDCWD
    ) throws(SystemError) {
        var opened: Int32
        repeat { opened = clinux_openat(directory, path, flags, mode) } while opened < 0 && errno == EINTR
        guard opened >= 0 else { throw SystemError("open", path) }
        raw = opened
    }

    deinit { close(raw) }

    /// Hands the descriptor over to the caller.
    consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }
}

extension Descriptor {
    borrowing func status(_ subject: String) throws(SystemError) -> stat {
        var facts = stat()
        guard fstat(raw, &facts) == 0 else { throw SystemError("stat", subject) }
        return facts
    }

    /// Reads to the end of the file, but no more than `bytesMax`; one byte more is EFBIG.
    borrowing func readAll(bytesMax: Int, _ subject: String) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(bytesMax + 1, 64 << 10))
        while true {
            let count = read(raw, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", subject) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else { throw SystemError("read", subject, number: EFBIG) }
        }
    }

    borrowing func writeAll(_ bytes: [UInt8], _ subject: String) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(raw, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("write", subject) }
            written += count
        }
    }

    borrowing func sync(_ subject: String) throws(SystemError) {
        guard fsync(raw) == 0 else { throw SystemError("fsync", subject) }
    }
}

/// The whole of a small file.
func contents(of path: String, in directory: Int32 = AT_FDCWD, bytesMax: Int) throws(SystemError) -> [UInt8] {
    try Descriptor(path, O_RDONLY | O_NOFOLLOW, in: directory).readAll(bytesMax: bytesMax, path)
}
