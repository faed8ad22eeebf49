import Foundation
import Glibc
import KeeperProtocol
import Reconciler

/// How a process was seen a moment after its start: what a later look is compared with. Kept beside the slot,
/// so that the next agent has it too. It holds no secret: variables that are secrets take no part.
struct SeenProcess: Codable, Equatable, Sendable {
    /// The run that it speaks of: slots are reused.
    var run: String
    /// The inode that is executed, as `device:inode`.
    var program: String
    /// The inode that the command led to.
    var command: String?
    /// Of a script's text; nil where the command is no script, or too large.
    var script: String?
    var arguments: String?
    var environment: String?
    /// The user id that it was started with.
    var user: UInt32?

    static let fileName = "seen"
    private static let bytesMax = 16 << 10

    /// nil where there is none of this run, or it is torn.
    static func load(slotPath: String, run: RunID) -> SeenProcess? {
        guard let bytes = try? contents(of: "\(slotPath)/\(fileName)", bytesMax: bytesMax),
            let seen = try? JSONDecoder().decode(SeenProcess.self, from: Data(bytes)), seen.run == run.text
        else { return nil }
        return seen
    }

    /// Losing it costs a later look what it could have been compared with, and nothing else.
    func save(slotPath: String) {
        let path = "\(slotPath)/\(Self.fileName)"
        guard let bytes = try? JSONEncoder().encode(self),
            let file = try? Descriptor(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        else { return }
        try? file.writeAll(Array(bytes), path)
    }
}

/// What /proc says of a live process now.
struct ProcessLook: Sendable {
    var pid: Int32
    /// The file that is executed; a path beside it where it still has a name.
    var program: FileFacts
    var programPath: String?
    /// nil where it is in a user namespace of its own, whose numbers mean something else.
    var user: (real: UInt32, effective: UInt32)?
    /// By executing a program that gives them to whoever executes it.
    var canGainRights = false
    /// Its groups by hierarchy: "" is the unified one, the others are controllers of version 1.
    var controlGroups: [String: String] = [:]

    /// nil where the process is gone, or is another by now.
    init?(of process: ProcessIdentity) {
        pid = process.pid
        guard let program = FileFacts(of: "/proc/\(pid)/exe"), let stat = ProcessStat(pid: pid),
            stat.startTicks == process.startTicks, !stat.isZombie
        else { return nil }
        self.program = program
        let link = PathTrail.target(of: "/proc/\(pid)/exe") ?? ""
        let deleted = " (deleted)"
        programPath = link.hasSuffix(deleted) ? String(link.dropLast(deleted.count)) : link
        let status = text("status")
        canGainRights = status.contains("\nNoNewPrivs:\t0\n")
        if PathTrail.target(of: "/proc/\(pid)/ns/user") == PathTrail.target(of: "/proc/self/ns/user") {
            user = Self.user(status)
        }
        for line in text("cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for name in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                controlGroups[String(name)] = String(parts[2])
            }
        }
    }

    /// Its arguments as it was given them, without the first, which is a name that it gives itself; nil where
    /// it has written one text over them, as programs do that show their state to `ps`.
    var arguments: [UInt8]? {
        let bytes = (try? contents(of: "/proc/\(pid)/cmdline", bytesMax: Self.memoryBytesMax)) ?? []
        let written = bytes[..<(bytes.lastIndex { $0 != 0 } ?? 0)]
        return written.firstIndex(of: 0).map { Array(written[($0 + 1)...]) }
    }

    /// Its first variables, sorted, without secrets and without those that differ from run to run; nil where
    /// it has written over them.
    func environment(leavingOut hidden: Set<String>) -> [UInt8]? {
        let bytes = (try? contents(of: "/proc/\(pid)/environ", bytesMax: Self.memoryBytesMax)) ?? []
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard !words.isEmpty, words.allSatisfy({ $0.contains("=") }) else { return nil }
        let shown = words.filter { word in !hidden.contains(String(word.prefix { $0 != "=" })) }
        return Array(shown.sorted().joined(separator: "\n").utf8)
    }

    private static let memoryBytesMax = 4 << 20

    private func text(_ name: String) -> String {
        let bytes = (try? contents(of: "/proc/\(pid)/\(name)", bytesMax: Self.memoryBytesMax)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func user(_ status: String) -> (real: UInt32, effective: UInt32)? {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }) else {
            return nil
        }
        let numbers = line.split(whereSeparator: { $0 == "\t" || $0 == " " }).compactMap { UInt32($0) }
        return numbers.count >= 2 ? (numbers[0], numbers[1]) : nil
    }
}
