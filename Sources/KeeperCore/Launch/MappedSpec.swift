import CLinux
import Glibc
import KeeperProtocol

/// The launch specification's memfd, mapped and read in place, so that the environment's secrets are in no
/// memory of the keeper's own. It is unmapped once the child, which has the mapping too, is forked.
struct MappedSpec: ~Copyable {
    let view: LaunchSpecView
    private let base: UnsafeMutableRawPointer
    private let length: Int
    private let descriptor: Int32

    /// Takes over `descriptor`. Nil where it is not a sealed memfd or holds no valid specification.
    init?(_ descriptor: Int32) {
        var isTaken = false
        defer { if !isTaken { close(descriptor) } }
        var status = stat()
        // Without the seals its owner could cut the file short while it is read.
        guard clinux_memfd_is_sealed(descriptor) == 1, fstat(descriptor, &status) == 0,
            status.st_size > 0, status.st_size <= WireLimits.specBytesMax
        else { return nil }
        let size = Int(status.st_size)
        guard let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
            return nil
        }
        guard let view = try? LaunchSpecView(UnsafeRawBufferPointer(start: mapped, count: size)) else {
            munmap(mapped, size)
            return nil
        }
        self.view = view
        base = mapped
        length = size
        self.descriptor = descriptor
        isTaken = true
    }

    /// A descriptor of the same memory, the caller's own; -1 where there is none to be had.
    func duplicate() -> Int32 { clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

    deinit {
        munmap(base, length)
        close(descriptor)
    }
}
