import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("systemd") struct Systemd {
        @Test(
            "It hears READY once runs are adopted, the status, the watchdog and STOPPING"
        )
        func protocolIsSpoken() async throws {
            try await withHost { host in
                let path = host.root + "/notify"
                let manager = try DatagramServer(path)
                let head = try host.commit(
                    "Declare one",
                    [
                        "u.yaml": Declare.shell("show", "env; exec sleep 100000"),
                        "i.yaml": Declare.instance("a", of: "show"),
                    ])
                try await host.startAgent(variables: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"])
                let ready = manager.first { $0.contains("READY=1") }
                #expect(ready?.contains("STATUS=") == true)
                try await host.settled("a/0")
                let status = manager.first { $0.contains("main@\(head.prefix(7)): 1 of 1 replicas ready") }
                #expect(status != nil, "the line that systemctl status shows")
                for _ in 0..<2 {
                    let beat = manager.first { $0 == "WATCHDOG=1" }
                    #expect(beat != nil, "again and again")
                }
                var printed = ""
                try await eventually("a/0 has printed its environment") {
                    printed = try await host.plumb("logs", "a", "-n", "all").output
                    return printed.contains("PLUMB_RUN_ID=")
                }
                #expect(!printed.contains("NOTIFY_SOCKET") && !printed.contains("WATCHDOG"))
                let running = try host.status().pids["a/0"]
                let pid = try #require(running)
                _ = await host.stopAgent()
                let farewell = manager.first { $0 == "STOPPING=1" }
                #expect(farewell != nil)
                #expect(ProcessTable.isAlive(pid), "runs outlive the agent")
            }
        }
    }
}
