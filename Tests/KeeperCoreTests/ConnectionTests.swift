import CLinux
import Glibc
import Testing

@testable import KeeperCore

@Suite struct ConnectionTests {
    /// Two connections are ready in one turn, and news that is told before they are served drops one of them:
    /// its number, which the next file of the keeper's gets, is no connection any more.
    @Test func aConnectionThatWasDroppedIsNotServed() throws {
        var ends: [Int32] = [-1, -1]
        #expect(clinux_seqpacket_pair(&ends) == 0)
        defer { close(ends[1]) }
        var sockets = ControlSocket(first: ends[0], directory: -1, name: "")
        sockets.greet(ends[0])
        let ready = sockets.connections
        #expect(ready.allSatisfy(sockets.holds))
        // A peer that does not read.
        _ = clinux_set_nonblocking(ends[0], 1)
        let news = [UInt8](repeating: 0, count: 1000)
        var left = 100_000
        while sockets.holds(ends[0]), left > 0 {
            sockets.broadcast(news)
            left -= 1
        }
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(file == ends[0])
        #expect(!ready.contains(where: sockets.holds))
    }
}
