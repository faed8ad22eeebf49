import Glibc

/// What `/proc/<pid>/stat` tells of one process.
struct ProcessFacts {
    var pid: Int32
    var name: String
    var state: String
    var parent: Int32
    /// Clock ticks of the process, and of the children that it waited for.
    var cpuTicks: UInt64
    var childTicks: UInt64
    var threads: Int
    var startTicks: UInt64
    var residentBytes: UInt64

    static let ticksPerSecond = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    static let pageBytes = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))

    init?(_ pid: Int32) {
        guard let bytes = try? contents(of: "/proc/\(pid)/stat", bytesMax: 4096) else { return nil }
        self.init(pid, stat: bytes)
    }

    /// The name may hold anything, so fields are counted from its last parenthesis: the state is the third.
    /// In bytes: a name can end in what makes one character with the parenthesis behind it.
    init?(_ pid: Int32, stat: [UInt8]) {
        guard let open = stat.firstIndex(of: UInt8(ascii: "(")),
            let close = stat.lastIndex(of: UInt8(ascii: ")")), open < close
        else { return nil }
        let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 21 else { return nil }
        func number(_ field: Int) -> UInt64 { UInt64(fields[field - 3]) ?? 0 }
        self.pid = pid
        name = String(decoding: stat[(open + 1)..<close], as: UTF8.self)
        state = fields[0]
        parent = Int32(fields[1]) ?? 0
        cpuTicks = number(14) &+ number(15)
        childTicks = number(16) &+ number(17)
        threads = Int(clamping: number(20))
        startTicks = number(22)
        residentBytes = number(24) &* Self.pageBytes
    }

    static func duration(ticks: UInt64) -> Duration {
        .nanoseconds(Int64(clamping: ticks &* (1_000_000_000 / ticksPerSecond)))
    }

    /// Resident pages, and those of them that may be shared with others.
    static func memory(_ pid: Int32) -> (resident: UInt64, shared: UInt64)? {
        guard let bytes = try? contents(of: "/proc/\(pid)/statm", bytesMax: 4096) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ").map { UInt64($0) ?? 0 }
        return fields.count > 2 ? (fields[1] * pageBytes, fields[2] * pageBytes) : nil
    }

    /// The largest resident size so far.
    static func memoryPeak(_ pid: Int32) -> UInt64? {
        guard let bytes = try? contents(of: "/proc/\(pid)/status", bytesMax: 64 << 10) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("VmHWM:")
        }
        return line.flatMap { UInt64($0.filter(\.isNumber)) }.map { $0 << 10 }
    }

    /// Open descriptors. Since Linux 6.2 the directory's size is their number.
    static func descriptors(_ pid: Int32) -> UInt64? {
        let path = "/proc/\(pid)/fd"
        var facts = stat()
        guard access(path, R_OK) == 0, stat(path, &facts) == 0 else { return nil }
        return facts.st_size > 0 ? UInt64(facts.st_size) : UInt64(directoryNames(path).count)
    }

    /// Bytes that disks were made to read and write, by the process and the children that it waited for.
    static func io(_ pid: Int32) -> (read: UInt64, written: UInt64)? {
        guard let bytes = try? contents(of: "/proc/\(pid)/io", bytesMax: 4096) else { return nil }
        var found: [Substring: UInt64] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":")
            if parts.count == 2 { found[parts[0]] = UInt64(parts[1].drop { $0 == " " }) }
        }
        guard let read = found["read_bytes"], let written = found["write_bytes"] else { return nil }
        return (read, written)
    }
}
