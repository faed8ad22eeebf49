import CLinux
import Glibc
import KeeperProtocol

/// The keeper's socket in the runtime directory, and the connections that came over it.
struct ControlSocket {
    /// The listening socket, or -1.
    private(set) var listener: Int32 = -1
    private(set) var connections: [Connection] = []
    private let directory: Int32
    private let name: String

    struct Connection {
        let socket: Int32
        /// It has said hello, and is told everything from then on.
        var isGreeted = false
    }

    /// `first` is the connection that came with the request, or -1. `directory` may be -1: no listener.
    init(first: Int32, directory: Int32, name: String) {
        self.directory = name.isEmpty ? -1 : directory
        self.name = name
        connections.reserveCapacity(KeeperBounds.connectionsMax)
        if first >= 0 {
            connections.append(Connection(socket: first))
        }
    }

    /// Binds through /proc/self/fd, so that the length of the directory's path is no limit. False with errno.
    mutating func listen() -> Bool {
        guard directory >= 0 else { return true }
        let socket = clinux_unix_seqpacket()
        guard socket >= 0 else { return false }
        // A socket of this name can only be left over from a keeper that is gone: run ids are never reused.
        unlinkat(directory, name, 0)
        guard clinux_unix_bind(socket, "/proc/self/fd/\(directory)/\(name)") == 0,
            Glibc.listen(socket, Int32(KeeperBounds.connectionsMax)) == 0,
            clinux_set_nonblocking(socket, 1) == 0
        else { return false }
        listener = socket
        return true
    }

    /// Takes one connection of root or of the keeper's own user; any other is closed.
    mutating func accept() {
        let socket = clinux_accept(listener)
        guard socket >= 0 else { return }
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        guard clinux_peer(socket, &pid, &uid, &gid) == 0, uid == 0 || uid == geteuid(),
            connections.count < KeeperBounds.connectionsMax
        else {
            close(socket)
            return
        }
        connections.append(Connection(socket: socket))
    }

    /// Someone is there, even if the hello is still under way.
    var hasPeer: Bool { !connections.isEmpty }

    mutating func greet(_ index: Int) { connections[index].isGreeted = true }

    /// A peer that does not read is dropped: it finds out by connecting again.
    func send(_ message: [UInt8], to index: Int) -> Bool {
        clinux_send(connections[index].socket, message, message.count, nil, 0, 1) == message.count
    }

    mutating func broadcast(_ message: [UInt8]) {
        for index in connections.indices.reversed() where connections[index].isGreeted {
            if !send(message, to: index) { drop(index) }
        }
    }

    mutating func drop(_ index: Int) {
        close(connections[index].socket)
        connections.remove(at: index)
    }

    /// Removes the name, so that nobody connects to a keeper that is about to go.
    func unlink() {
        if listener >= 0 { unlinkat(directory, name, 0) }
    }
}
