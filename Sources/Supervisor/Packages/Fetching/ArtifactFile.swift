import CLinux
import Crypto
import Glibc

/// The bytes of one archive on their way in: a file without a name, so that nobody else changes it and no
/// death of the agent leaves it behind. Everything that is written is counted and digested.
final class ArtifactFile: Sendable {
    private let descriptor: Descriptor
    private let bytesMax: UInt64

    /// What has been written so far. Used from one task at a time.
    struct Progress: Sendable {
        var digest = SHA256()
        var count: UInt64 = 0

        /// 64 digits.
        var hex: String { digest.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    }

    struct TooLarge: Error {}

    init(in directory: String, name: String, bytesMax: UInt64) throws(SystemError) {
        self.bytesMax = bytesMax
        let path = "\(directory)/\(name)"
        unlink(path)
        descriptor = try Descriptor(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        unlink(path)
    }

    var raw: Int32 { descriptor.raw }

    func append(_ bytes: [UInt8], to progress: inout Progress) throws {
        progress.count += UInt64(bytes.count)
        guard progress.count <= bytesMax else { throw TooLarge() }
        bytes.withUnsafeBytes { progress.digest.update(bufferPointer: $0) }
        try descriptor.writeAll(bytes, "the archive")
    }

    /// Counts and digests what somebody else has written into it.
    func readBack() throws -> Progress {
        var progress = Progress()
        var offset: off_t = 0
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        while true {
            let count = pread(descriptor.raw, &chunk, chunk.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", "the archive") }
            if count == 0 { return progress }
            offset += off_t(count)
            progress.count += UInt64(count)
            guard progress.count <= bytesMax else { throw TooLarge() }
            chunk[..<count].withUnsafeBytes { progress.digest.update(bufferPointer: $0) }
        }
    }

    /// From its beginning, for reading alone.
    func reopened() throws(SystemError) -> Descriptor {
        try Descriptor("/proc/self/fd/\(descriptor.raw)", O_RDONLY)
    }

    static let chunkBytes = 128 << 10
}
