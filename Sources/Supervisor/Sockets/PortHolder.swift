import Glibc
import Reconciler

/// Finds out which process has a port, as far as this user may see.
enum PortHolder {
    private static let tableBytesMax = 64 << 20

    /// `nginx (pid 812)`; nil where it cannot be told.
    static func find(_ socket: HeldSocket) -> String? {
        let tables = socket.isDatagram ? ["udp", "udp6"] : ["tcp", "tcp6"]
        let inodes = Set(tables.flatMap { listeners(in: "/proc/net/\($0)", socket) })
        guard !inodes.isEmpty else { return nil }
        for name in directoryNames("/proc") {
            guard let pid = Int32(name), holds(pid, inodes) else { continue }
            let command = (try? contents(of: "/proc/\(pid)/comm", bytesMax: 256)) ?? []
            let text = String(decoding: command, as: UTF8.self).split(whereSeparator: \.isNewline).first
            return "\(text ?? "a process") (pid \(pid))"
        }
        return nil
    }

    /// Lines: `sl local_address rem_address st … inode`, numbers in hexadecimal; `0A` is LISTEN.
    private static func listeners(in path: String, _ socket: HeldSocket) -> [String] {
        guard let bytes = try? contents(of: path, bytesMax: tableBytesMax) else { return [] }
        let port = String(socket.port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - port.count) + port
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 9, words[1].hasSuffix(suffix), socket.isDatagram || words[3] == "0A" else {
                return nil
            }
            return String(words[9])
        }
    }

    private static func holds(_ pid: Int32, _ inodes: Set<String>) -> Bool {
        var target = [CChar](repeating: 0, count: 64)
        return directoryNames("/proc/\(pid)/fd").contains { name in
            let length = readlink("/proc/\(pid)/fd/\(name)", &target, target.count)
            guard length > 0 else { return false }
            let text = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return text.hasPrefix("socket:[") && inodes.contains(String(text.dropFirst(8).dropLast()))
        }
    }
}
