import Glibc
import KeeperProtocol
import Manifests

/// One process as the kernel shows it in /proc.
struct ProcessView {
    let identity: ProcessIdentity
    /// The lines of `status` by their names.
    private let status: [Substring: Substring]
    /// nil where it may not be read.
    let mounts: MountTable?

    private static let fileBytesMax = 1 << 20

    /// nil where the process has ended, or has ended while it was read.
    init?(_ identity: ProcessIdentity) {
        self.identity = identity
        guard let text = Self.text("/proc/\(identity.pid)/status") else { return nil }
        var status: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            status[line[..<colon]] = line[line.index(after: colon)...].drop { $0.isWhitespace }
        }
        self.status = status
        mounts = Self.mounts(of: "\(identity.pid)")
        guard ProcessIdentity(of: identity.pid) == identity else { return nil }
    }

    func status(_ name: Substring) -> String? { status[name].map { String($0) } }

    /// The effective user id.
    var user: UInt32? {
        status["Uid"].flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }
            .flatMap { UInt32($0) }
    }

    /// A set of capabilities: `CapBnd`, `CapPrm`, …
    func capabilities(_ set: Substring) -> UInt64? { status[set].flatMap { UInt64($0, radix: 16) } }

    /// `mnt`, `net`, `ipc`, `user` or `pid`: as the kernel names it, and whether it is another than ours.
    func namespace(_ kind: String) -> (name: String, isOwn: Bool)? {
        guard let its = Self.link("/proc/\(identity.pid)/ns/\(kind)"),
            let ours = Self.link("/proc/self/ns/\(kind)")
        else { return nil }
        return (its, its != ours)
    }

    /// The variables that the program was started with, as `NAME=value`.
    var variables: Set<Substring>? { Self.variables(of: "\(identity.pid)") }

    static func mounts(of process: String) -> MountTable? {
        text("/proc/\(process)/mountinfo").map(MountTable.init)
    }

    static func variables(of process: String) -> Set<Substring>? {
        text("/proc/\(process)/environ").map { Set($0.split(separator: "\0")) }
    }

    /// Soft and hard limit in one line of `limits`.
    func limit(_ name: String) -> String? {
        let line = Self.text("/proc/\(identity.pid)/limits")?.split(separator: "\n").first {
            $0.hasPrefix(name)
        }
        guard let words = line?.dropFirst(name.count).split(separator: " "), words.count >= 2 else {
            return nil
        }
        return "\(words[0])/\(words[1])"
    }

    private static func text(_ path: String) -> String? {
        (try? contents(of: path, bytesMax: fileBytesMax)).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 128)
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
