import CLinux
import Glibc
import KeeperProtocol

/// Everything that goes to the zygote for one run, in the order of `ZygoteRequest.runDescriptors`, and what
/// its program gets after that.
struct Parcel: ~Copyable {
    private let lock: Descriptor
    private let spec: Descriptor
    private let directory: Descriptor
    private let output: Descriptor
    private let control: Descriptor
    private let sockets: Descriptor
    private let handed: HandedDescriptors

    init(
        lock: Int32, spec: consuming Descriptor, directory: consuming Descriptor,
        output: consuming Descriptor,
        sockets: consuming Descriptor, control: Int32, handed: consuming HandedDescriptors
    ) {
        self.lock = Descriptor(owning: lock)
        self.spec = spec
        self.directory = directory
        self.output = output
        self.sockets = sockets
        self.control = Descriptor(owning: control)
        self.handed = handed
    }

    var descriptors: [Int32] {
        [lock.raw, spec.raw, directory.raw, output.raw, control.raw, sockets.raw] + handed.descriptors
    }

    var roles: [DescriptorRole?] { ZygoteRequest.runDescriptors + handed.roles }

    /// Closes our copies.
    consuming func close() {}
}

/// A launch specification where no disk and no other process sees it.
enum SealedSpec {
    static func make(_ bytes: [UInt8]) throws(SystemError) -> Descriptor {
        let raw = clinux_memfd("spec")
        guard raw >= 0 else { throw SystemError("memfd_create", "") }
        let file = Descriptor(owning: raw)
        try file.writeAll(bytes, "memfd")
        guard clinux_memfd_seal(file.raw) == 0 else { throw SystemError("fcntl(F_ADD_SEALS)", "memfd") }
        return file
    }
}
