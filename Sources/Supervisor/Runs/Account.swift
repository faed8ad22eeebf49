import Glibc

/// One entry of the host's user database.
struct Account: Sendable {
    var name: String
    var uid: UInt32
    var gid: UInt32
    var home = "/"
    var shell = "/bin/sh"

    init(name: String, uid: UInt32, gid: UInt32) {
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    init?(named name: String) {
        self.init { entry, buffer, size, found in getpwnam_r(name, entry, buffer, size, found) }
    }

    init?(id: UInt32) {
        self.init { entry, buffer, size, found in getpwuid_r(id, entry, buffer, size, found) }
    }

    private typealias Query = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private init?(_ query: Query) {
        var size = 4096
        while size <= Self.entryBytesMax {
            let (result, account) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) {
                buffer -> (Int32, Account?) in
                guard let base = buffer.baseAddress else { return (ENOMEM, nil) }
                var entry = passwd()
                var found: UnsafeMutablePointer<passwd>?
                let result = query(&entry, base, size, &found)
                // The entry's strings stand in the buffer and are copied before it goes.
                return (result, found.map { Account(copying: $0.pointee) })
            }
            if result != ERANGE {
                guard let account else { return nil }
                self = account
                return
            }
            size *= 4
        }
        return nil
    }

    private init(copying entry: passwd) {
        func text(_ pointer: UnsafeMutablePointer<CChar>?, _ fallback: String) -> String {
            guard let pointer, pointer.pointee != 0 else { return fallback }
            return String(cString: pointer)
        }
        name = text(entry.pw_name, "\(entry.pw_uid)")
        uid = entry.pw_uid
        gid = entry.pw_gid
        home = text(entry.pw_dir, "/")
        shell = text(entry.pw_shell, "/bin/sh")
    }

    /// Every group of the user, `gid` included; at most `groupsMax`.
    func groups(with gid: UInt32) -> [UInt32] {
        var count = Int32(Self.groupsMax)
        var groups = [gid_t](repeating: 0, count: Self.groupsMax)
        let result = getgrouplist(name, gid, &groups, &count)
        guard result >= 0 || count > Self.groupsMax else { return [gid] }
        return Array(groups.prefix(min(Int(count), Self.groupsMax)))
    }

    static func groupID(named name: String) -> UInt32? {
        var size = 4096
        while size <= entryBytesMax {
            var entry = group()
            var found: UnsafeMutablePointer<group>?
            var buffer = [CChar](repeating: 0, count: size)
            let result = getgrnam_r(name, &entry, &buffer, size, &found)
            if result != ERANGE { return found == nil ? nil : entry.gr_gid }
            size *= 4
        }
        return nil
    }

    private static let entryBytesMax = 1 << 20
    /// As many as a keeper takes.
    private static let groupsMax = 1024
}
