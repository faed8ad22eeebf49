import CLinux
import Glibc
import KeeperProtocol

/// The keeper's socket in the runtime directory, and the connections that came over it.
struct ControlSocket {
    /// The listening socket, or -1.
    private(set) var listener: Int32 = -1
    private(set) var connections: [Int32] = []
    /// Those that have said hello, and are told everything from then on.
    private var greeted: [Int32] = []
    /// Those that have asked for what is held, and hear of every change of it.
    private(set) var takers: [Int32] = []
    private let directory: Int32
    private let name: String

    /// `first` is the connection that came with the request, or -1. `directory` may be -1: no listener.
    init(first: Int32, directory: Int32, name: String) {
        self.directory = name.isEmpty ? -1 : directory
        self.name = name
        if first >= 0 { connections.append(first) }
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
            Glibc.close(socket)
            return
        }
        connections.append(socket)
    }

    /// Someone is there, even if the hello is still under way.
    var hasPeer: Bool { !connections.isEmpty }

    /// Whether it is still a connection of ours.
    func holds(_ connection: Int32) -> Bool { connections.contains(connection) }

    mutating func greet(_ connection: Int32) {
        if !greeted.contains(connection) { greeted.append(connection) }
    }

    mutating func take(_ connection: Int32) {
        if !takers.contains(connection) { takers.append(connection) }
    }

    /// False for a peer that does not read. It is to be dropped: it finds out by connecting again.
    func send(_ message: [UInt8], to connection: Int32) -> Bool {
        clinux_send(connection, message, message.count, nil, 0, 1) == message.count
    }

    mutating func broadcast(_ message: [UInt8]) {
        for connection in greeted where !send(message, to: connection) { drop(connection) }
    }

    mutating func drop(_ connection: Int32) {
        Glibc.close(connection)
        connections.removeAll { $0 == connection }
        greeted.removeAll { $0 == connection }
        takers.removeAll { $0 == connection }
    }

    /// Ends every connection.
    mutating func close() {
        for connection in connections { drop(connection) }
    }

    /// Removes the name, so that nobody connects to a keeper that is about to go.
    func unlink() {
        if listener >= 0 { unlinkat(directory, name, 0) }
    }
}
