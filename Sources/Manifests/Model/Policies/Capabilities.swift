/// Linux capabilities by name. The place in the list is the number.
package enum Capabilities {
    package static let names: [String] = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK",
        "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT",
        "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
        "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ]

    /// What a service that begins as root may need for itself, and nothing with which it could undo its
    /// sandbox or reach the rest of the host.
    package static let ofService = [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "NET_BIND_SERVICE",
        "NET_RAW", "IPC_LOCK", "SYS_CHROOT", "SYS_NICE", "SYS_RESOURCE", "SETFCAP",
    ]

    /// With these a process gets around the filters of its control group, or takes them off.
    package static let aroundFilters = ["NET_ADMIN", "NET_RAW", "SYS_ADMIN", "BPF"]

    package static func filterable(_ names: [String]) -> [String] {
        names.filter { !aroundFilters.contains($0) }
    }

    /// Bit n is capability n. Unknown names have none.
    package static func mask(_ names: [String]) -> UInt64 {
        names.reduce(0) { mask, name in
            self.names.firstIndex(of: name).map { mask | 1 << UInt64($0) } ?? mask
        }
    }

    package static func names(in mask: UInt64) -> [String] {
        names.indices.filter { mask >> UInt64($0) & 1 == 1 }.map { names[$0] }
    }
}
