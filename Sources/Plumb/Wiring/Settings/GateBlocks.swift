import Manifests
import Reconciler

/// `fuse`, `applyDelay` and `windows` of the settings file.
struct GateBlocks {
    var settings: GateSettings
    var windows: [MaintenanceWindow]

    static let keys: Set<String> = [
        "fuse", "fuse.maxRemoved", "fuse.maxRestarted", "fuse.window", "applyDelay", "windows",
        "trust.approvers",
    ]
    static let windowsMax = 50

    init(_ file: AgentFile) throws {
        var fuse = FusePolicy()
        fuse.maxRemoved = try Self.percent(file, "fuse.maxRemoved") ?? fuse.maxRemoved
        fuse.maxRestarted = try Self.percent(file, "fuse.maxRestarted") ?? fuse.maxRestarted
        fuse.window = try Self.duration(file, "fuse.window") ?? fuse.window
        settings = GateSettings(fuse: fuse, applyDelay: try Self.duration(file, "applyDelay") ?? .zero)
        let approvers = try file.texts("trust.approvers")
        if !approvers.isEmpty {
            guard let require = try file.text("trust.commits.require"), require != "none" else {
                throw file.fault(
                    "trust.approvers",
                    "trust.approvers needs trust.commits.require: head or every, or nobody "
                        + "can tell who signed a commit that approves")
            }
            settings.approvers = approvers
        }
        windows = []
        guard let value = file.value("windows") else { return }
        guard case .array(let entries) = value, (1...Self.windowsMax).contains(entries.count) else {
            throw file.fault("windows", "windows is a list of 1 to \(Self.windowsMax) windows")
        }
        for (index, entry) in entries.enumerated() {
            windows.append(try Self.window(file, entry, "windows[\(index)]"))
        }
    }

    private static func percent(_ file: AgentFile, _ path: String) throws -> Int? {
        guard let value = file.value(path) else { return nil }
        guard case .string(let text) = value, text.hasSuffix("%"), let number = Int(text.dropLast()),
            (0...100).contains(number)
        else { throw file.fault(path, "\(path) is a percentage from 0% to 100%, for example 50%") }
        return number
    }

    private static func duration(_ file: AgentFile, _ path: String) throws -> Duration? {
        guard let value = file.value(path) else { return nil }
        guard case .string(let text) = value, let duration = Quantities.duration(text) else {
            throw file.fault(path, "\(path) is a duration, for example 10m")
        }
        return duration
    }

    private static func window(
        _ file: AgentFile, _ value: ConfigValue, _ path: String
    ) throws -> MaintenanceWindow {
        guard case .object(let entry) = value else {
            throw file.fault(path, "a window is a mapping with days, from, to and timezone")
        }
        if let key = entry.keys.sorted().first(where: { !["days", "from", "to", "timezone"].contains($0) }) {
            throw file.fault("\(path).\(key)", "unknown setting \(path).\(key)")
        }
        guard case .string(let zone)? = entry["timezone"] else {
            throw file.fault(
                "\(path).timezone", "a window says its timezone, one that this host knows: Europe/Berlin, UTC"
            )
        }
        guard SystemZones.shared.rules(zone) != nil else {
            throw file.fault("\(path).timezone", SystemZones.shared.complaint(about: zone))
        }
        return MaintenanceWindow(
            window: RunWindow(
                days: try days(file, entry["days"], "\(path).days"),
                from: try minutes(file, entry["from"], "\(path).from"),
                to: try minutes(file, entry["to"], "\(path).to")), zone: zone)
    }

    /// Minutes since midnight of `22:30`.
    private static func minutes(_ file: AgentFile, _ value: ConfigValue?, _ path: String) throws -> Int {
        if case .string(let text)? = value {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
                let minute = Int(parts[1]), (0...59).contains(minute),
                case let total = hour * 60 + minute, (0...24 * 60).contains(total)
            {
                return total
            }
        }
        throw file.fault(path, "\(path) is a time of day in quotes, for example \"22:30\"")
    }

    private static let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Sunday is 0.
    private static func days(_ file: AgentFile, _ value: ConfigValue?, _ path: String) throws -> Set<Int> {
        guard let value else { return Set(0...6) }
        var entries = [value]
        if case .array(let list) = value { entries = list }
        var days: Set<Int> = []
        for entry in entries {
            guard case .string(let text) = entry, let found = weekdays(text.lowercased()) else {
                throw file.fault(path, "\(path) lists days and ranges of days: mon, tue, fri-sun")
            }
            days.formUnion(found)
        }
        guard !days.isEmpty else { throw file.fault(path, "\(path) names no day") }
        return days
    }

    private static func weekdays(_ text: String) -> [Int]? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard let first = ends.first.flatMap({ names.firstIndex(of: $0) }),
            let last = ends.last.flatMap({ names.firstIndex(of: $0) }), ends.count <= 2
        else { return nil }
        let span = (last - first + 7) % 7
        return (0...span).map { (first + $0) % 7 }
    }
}
