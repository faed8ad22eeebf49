import Glibc
import TestKit
import Testing

@testable import Plumb

@Suite("Telling the service manager") struct SystemdNotifierTests {
    @Test(
        "The watchdog is told twice as often as it asks for, and only by whom it asks",
        arguments: [
            (["WATCHDOG_USEC": "60000000"], Duration.seconds(30)),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "77"], .seconds(30)),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "78"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
        ])
    func watchdog(_ environment: [String: String], _ period: Duration?) {
        #expect(SystemdNotifier.watchdogPeriod(environment, pid: 77) == period)
    }

    @Test("A path and an abstract name are reached; what is neither is no address")
    func addresses() throws {
        let folder = try TemporaryFolder()
        for name in ["\(folder.path)/notify", "@plumb-test-\(getpid())-\(UInt32.random(in: 0...(.max)))"] {
            let server = try DatagramServer(name)
            try #require(DatagramLine(name)).send("READY=1")
            #expect(server.receive() == "READY=1")
        }
        #expect(DatagramLine("vsock:2:1234") == nil)
        #expect(DatagramLine("notify") == nil)
        #expect(DatagramLine("") == nil)
        #expect(DatagramLine("/" + String(repeating: "x", count: 200)) == nil)
        // Nobody listens: it is lost, and nothing waits.
        DatagramLine("\(folder.path)/nobody")?.send("READY=1")
    }
}
