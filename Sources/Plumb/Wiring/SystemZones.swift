import Foundation
import Manifests
import Reconciler
import Synchronization

/// The time zones of this host's tzdata, as compiled files (RFC 8536). Foundation has data of its own, of the
/// age of the toolchain that built it: whoever updates tzdata for a new law would have updated nothing.
///
/// A zone is read when it is asked for, and again when its file is another one. What was read once stays
/// known when the file is gone, so that an update under way takes no Schedule out of service.
final class SystemZones: Sendable {
    private struct Entry {
        var rules: TimeZoneRules
        var identity: FileIdentity
    }

    /// What changes when a file is replaced or written.
    private struct FileIdentity: Hashable {
        var inode: UInt64
        var bytes: Int64
        var modified: Int64
    }

    private let folder: String
    private let entries = Mutex<[String: Entry]>([:])

    static let shared = SystemZones(folder: folder(ProcessInfo.processInfo.environment))

    init(folder: String) { self.folder = folder }

    /// Where glibc looks too.
    static func folder(_ environment: [String: String]) -> String {
        if let named = environment["TZDIR"], named.hasPrefix("/") { return named }
        return "/usr/share/zoneinfo"
    }

    /// nil: this host has no such zone, or one that cannot be read. UTC needs no file.
    func rules(_ name: String) -> TimeZoneRules? {
        guard TimeZoneName.isWellFormed(name) else { return nil }
        let path = folder + "/" + name
        guard let identity = Self.identity(of: path) else { return known(name) }
        if let entry = entries.withLock({ $0[name] }), entry.identity == identity { return entry.rules }
        guard let bytes = FileManager.default.contents(atPath: path),
            let rules = try? TimeZoneRules(tzif: Array(bytes))
        else { return known(name) }
        entries.withLock { $0[name] = Entry(rules: rules, identity: identity) }
        return rules
    }

    private func known(_ name: String) -> TimeZoneRules? {
        entries.withLock { $0[name]?.rules } ?? (name == "UTC" ? .utc : nil)
    }

    /// Whether a zone that was asked for is another by now than when it was read.
    /// One look at each file: a few microseconds.
    func haveChanged() -> Bool {
        let known = entries.withLock { $0.mapValues(\.identity) }
        return known.contains { name, identity in
            Self.identity(of: folder + "/" + name).map { $0 != identity } ?? false
        }
    }

    /// Every zone of this host, sorted; empty where there is no tzdata.
    var names: [String] {
        guard let walker = FileManager.default.enumerator(atPath: folder) else { return [] }
        var names: [String] = []
        for case let name as String in walker {
            // `posix/` and `right/` are the same zones again; lists and indices have no capital or a dot.
            guard let first = name.first, first.isUppercase, names.count < Self.namesMax else {
                walker.skipDescendants()
                continue
            }
            guard TimeZoneName.isWellFormed(name), Self.identity(of: folder + "/" + name) != nil else {
                continue
            }
            names.append(name)
        }
        return names.sorted()
    }

    private static let namesMax = 5_000

    /// What is said of a name for which there are no rules, and what to do.
    func complaint(about name: String) -> String {
        let all = names
        guard !all.isEmpty else {
            return "this host has no time zones in \(folder); install the package tzdata, or use UTC"
        }
        let nearest = EditDistance.nearest(to: name, among: all) ?? Self.sameCity(name, all)
        let meant = nearest.map { "; did you mean '\($0)'?" } ?? "; 'timedatectl list-timezones' lists them"
        return "this host knows no time zone '\(name)'\(meant)"
    }

    /// `Berlin` for `Europe/Berlin`.
    private static func sameCity(_ name: String, _ all: [String]) -> String? {
        let city = name.split(separator: "/").last.map { "/" + $0.lowercased() } ?? "/"
        return all.first { $0.lowercased().hasSuffix(city) }
    }

    /// nil where there is no such regular file; links are followed.
    private static func identity(of path: String) -> FileIdentity? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return FileIdentity(inode: UInt64(status.st_ino), bytes: Int64(status.st_size), modified: modified)
    }
}
