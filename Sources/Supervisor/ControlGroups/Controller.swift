import Glibc
import Manifests

/// What the kernel limits by control group, under the name that version 2 has for it.
enum Controller: String, CaseIterable, Sendable {
    case cpu, memory, pids, io

    /// As `/proc/self/cgroup` and the options of a version 1 mount name it.
    var legacyName: String { self == .io ? "blkio" : rawValue }
    /// The key of `resources` that it serves.
    var field: String { self == .io ? "io.weight" : rawValue }

    func limit(in resources: Resources?) -> UInt64? {
        switch self {
        case .cpu: resources?.cpu
        case .memory: resources?.memory
        case .pids: resources?.pids
        case .io: resources?.io?.weight
        }
    }

    /// As a declaration would write it.
    func text(_ limit: UInt64) -> String {
        switch self {
        case .cpu: "\(limit)m"
        case .memory: Quantities.text(size: limit)
        case .pids, .io: "\(limit)"
        }
    }
}

/// One file of a group and what is written to it.
struct LimitSetting: Equatable {
    var file: String
    var value: String
    /// It may be missing on this kernel. Of settings that are all optional one at least must succeed.
    var isOptional = false
}

extension Controller {
    /// Microseconds. The quota is a thousandth of a second at least, so small shares need a long period.
    private static func cpuPeriod(_ milliCores: UInt64) -> UInt64 {
        milliCores >= 10 ? 100_000 : 1_000_000
    }

    /// What puts a limit into force, in this order; nil lifts it.
    func settings(_ limit: UInt64?, isLegacy: Bool) -> [LimitSetting] {
        switch self {
        case .cpu:
            let period = Self.cpuPeriod(limit ?? 1_000)
            let quota = limit.map { max(1_000, $0 * period / 1_000) }
            guard isLegacy else {
                return [LimitSetting(file: "cpu.max", value: "\(quota.map(String.init) ?? "max") \(period)")]
            }
            return [
                LimitSetting(file: "cpu.cfs_period_us", value: "\(period)"),
                LimitSetting(file: "cpu.cfs_quota_us", value: quota.map(String.init) ?? "-1"),
            ]
        case .memory:
            if isLegacy {
                return [LimitSetting(file: "memory.limit_in_bytes", value: limit.map(String.init) ?? "-1")]
            }
            return [
                // A replica that has lost one of its processes is seldom of use: it dies as a whole.
                LimitSetting(file: "memory.oom.group", value: limit == nil ? "0" : "1", isOptional: true),
                LimitSetting(file: "memory.max", value: limit.map(String.init) ?? "max"),
            ]
        case .pids: return [LimitSetting(file: "pids.max", value: limit.map(String.init) ?? "max")]
        case .io:
            let weight = limit ?? Self.weightUsual
            // BFQ knows no more than a thousand.
            let ofBFQ = min(weight, 1_000)
            if isLegacy {
                return ["blkio.bfq.weight", "blkio.weight"].map {
                    LimitSetting(file: $0, value: "\(ofBFQ)", isOptional: true)
                }
            }
            return [
                LimitSetting(file: "io.weight", value: "default \(weight)", isOptional: true),
                LimitSetting(file: "io.bfq.weight", value: "default \(ofBFQ)", isOptional: true),
            ]
        }
    }

    private static let weightUsual: UInt64 = 100
    /// Version 1 shows "no limit" as the largest number of pages.
    private static let legacyMemoryMax: UInt64 = 1 << 62

    /// What the kernel has in force, read from the group.
    func limit(at directory: String, isLegacy: Bool) -> LimitInForce {
        func text(_ file: String) -> Substring? {
            guard let bytes = try? contents(of: "\(directory)/\(file)", bytesMax: 4096) else { return nil }
            return Substring(String(decoding: bytes, as: UTF8.self)).split(separator: "\n").first
        }
        func number(_ text: Substring?) -> LimitInForce {
            guard let text else { return .unreadable }
            if text == "max" || text == "-1" { return .none }
            return UInt64(text).map { .limit($0) } ?? .unreadable
        }
        switch self {
        case .cpu:
            let parts: [Substring?] =
                isLegacy
                ? [text("cpu.cfs_quota_us"), text("cpu.cfs_period_us")]
                : text("cpu.max")?.split(separator: " ").map { $0 } ?? [nil]
            guard case .limit(let quota) = number(parts[0]) else { return number(parts[0]) }
            guard parts.count > 1, case .limit(let period) = number(parts[1]), period > 0 else {
                return .unreadable
            }
            return .limit(quota * 1_000 / period)
        case .memory:
            let found = number(text(isLegacy ? "memory.limit_in_bytes" : "memory.max"))
            if case .limit(let bytes) = found, bytes >= Self.legacyMemoryMax { return .none }
            return found
        case .pids: return number(text("pids.max"))
        case .io:
            let files = isLegacy ? ["blkio.bfq.weight", "blkio.weight"] : ["io.weight", "io.bfq.weight"]
            for file in files {
                if let found = text(file)?.split(separator: " ").last { return number(found) }
            }
            return .unreadable
        }
    }

    /// The limit that the kernel makes of a declared one.
    func rounded(_ limit: UInt64) -> UInt64 {
        switch self {
        case .memory:
            let page = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
            return limit / page * page
        case .io, .cpu, .pids: return limit
        }
    }
}

enum LimitInForce: Equatable, Sendable {
    case none
    case limit(UInt64)
    /// The group or its file is not there.
    case unreadable
}
