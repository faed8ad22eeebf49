import CLinux

/// File systems whose changes may come from elsewhere, of which this kernel then knows nothing.
enum FileSystemKind {
    private static let silent: [Int64: String] = [
        0x6969: "NFS", 0x6573_5546: "FUSE", 0x517b: "SMB", 0xff53_4d42: "CIFS", 0xfe53_4d42: "SMB",
        0x0102_1997: "9P", 0x5346_414f: "AFS", 0x00c3_6400: "Ceph", 0x0bd0_0bd3: "Lustre",
        0x4750_4653: "GPFS",
        0x7461_636f: "OCFS2", 0x0116_1970: "GFS2", 0x786f_4256: "VirtualBox shared folders",
        0x7375_7245: "Coda",
    ]

    /// The name of a file system on which inotify is not enough; nil for all others, and where nothing can be
    /// learnt.
    static func silentName(at path: String) -> String? { silent[clinux_file_system_type(path)] }
}
