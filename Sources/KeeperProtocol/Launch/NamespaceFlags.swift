/// The kernel's CLONE_NEW… flags.
package enum NamespaceFlags {
    package static let mounts: UInt64 = 0x0002_0000
    package static let ipc: UInt64 = 0x0800_0000
    package static let users: UInt64 = 0x1000_0000
    package static let pids: UInt64 = 0x2000_0000
    package static let network: UInt64 = 0x4000_0000
}

/// The kernel's MS_… flags.
package enum MountFlags {
    package static let readOnly: UInt64 = 1
    package static let noSetuid: UInt64 = 2
    package static let noDevices: UInt64 = 4
    package static let noExecution: UInt64 = 8
    /// Nothing in it can do anything.
    package static let inert = noSetuid | noDevices | noExecution
}
