import CLinux
import Glibc
import KeeperProtocol
import Reconciler

/// The sockets on which runs are heard, made before their processes: `<runtime>/n/<run id>.sock`.
struct NotifySockets: Sendable {
    let directory: String

    /// A path that a process can put into an address has at most so many bytes.
    static let pathBytesMax = 107

    func path(of run: RunID) -> String { "\(directory)/\(run.text).sock" }

    /// Refuses a host on which no run could be heard.
    func check(_ run: RunID) throws(PreparationFailure) {
        let length = path(of: run).utf8.count
        guard length > Self.pathBytesMax else { return }
        throw PreparationFailure(
            code: "notify-path",
            message: "the path of a notify socket, \(path(of: run)), has \(length) bytes, and "
                + "\(Self.pathBytesMax) is the most that a socket can have",
            remedy: "give the agent a shorter --runtime-dir, or set entry.notify: false")
    }

    /// A bound socket to which the run's user, and root, may write.
    func make(_ run: RunID, user: RunUser) throws(SystemError) -> Descriptor {
        try OwnedDirectory.make(directory, mode: 0o711)
        let path = path(of: run)
        let raw = clinux_unix_datagram()
        guard raw >= 0 else { throw SystemError("socket", path) }
        let socket = Descriptor(owning: raw)
        unlink(path)
        guard clinux_unix_bind(raw, path) == 0 else { throw SystemError("bind", path) }
        // In a directory that nobody else may write to, so the path is still this socket's.
        guard chmod(path, 0o600) == 0 else { throw SystemError("chmod", path) }
        if user.uid != geteuid() || user.gid != getegid() {
            guard chown(path, user.uid, user.gid) == 0 else { throw SystemError("chown", path) }
        }
        return socket
    }

    func remove(_ run: RunID) { unlink(path(of: run)) }

    /// Removes what runs left that ended while no agent was there.
    func sweep(keeping runs: Set<RunID>) {
        guard let listing = opendir(directory) else { return }
        defer { closedir(listing) }
        let kept = Set(runs.map { "\($0.text).sock" })
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".sock"), !kept.contains(name) { unlink("\(directory)/\(name)") }
        }
    }
}
