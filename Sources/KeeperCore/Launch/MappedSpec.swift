import CLinux
import Glibc
import KeeperProtocol

/// The launch specification's memfd, mapped and read in place, so that the environment's secrets are in no
/// memory of the keeper's own. It is unmapped once the child, which has the mapping too, is forked.
struct MappedSpec: ~Copyable {
    let view: LaunchSpecView
    private let base: UnsafeMutableRawPointer
    private let length: Int

    /// Closes `descriptor`. Nil where it is not a sealed memfd or holds no valid specification.
    init?(_ descriptor: Int32) {
        defer { close(descriptor) }
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
    }

    deinit { munmap(base, length) }
}
