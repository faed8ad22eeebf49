import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// What a program is given from outside reaches it through the walls of its sandbox.
    @Suite("Handed into a sandbox") struct HandedIntoSandbox {
        private static let program = """
            import os, socket, time
            own = str(os.getpid())
            teller = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            teller.connect(os.environ["NOTIFY_SOCKET"])
            pids = [os.environ.get("LISTEN_PID") == own, os.environ.get("WATCHDOG_PID") == own]
            held = socket.socket(fileno=3)
            names = os.environ["LISTEN_FDNAMES"]
            if "kept" not in names:
                socket.send_fds(teller, [b"FDSTORE=1\\nFDNAME=kept"], [os.memfd_create("kept")])
            teller.send(("READY=1\\nSTATUS=%s %s" % (names, pids)).encode())
            while True:
                teller.send(b"WATCHDOG=1")
                held.settimeout(0.5)
                try:
                    client = held.accept()[0]
                    client.recv(4096)
                    client.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
                    client.close()
                except TimeoutError:
                    pass
            """

        private func unit(_ port: UInt16, _ level: String) -> String {
            Declare.python(
                "web", Self.program,
                """
                endpoints: [{name: http, port: \(port), listen: true, address: 127.0.0.1}]
                sandbox: {level: \(level)}
                health: {startup: {heartbeat: {}}, liveness: {heartbeat: {ttl: 1m}}}
                """
            ).replacing("entry:\n", with: "entry:\n    notify: true\n    fileDescriptorStoreMax: 2\n")
        }

        @Test(
            "The notify socket, the held port and the stored descriptors reach it (as root)",
            .enabled(if: geteuid() == 0, "only root has the rights at every host"),
            arguments: ["standard", "paranoid"])
        func reached(level: String) async throws {
            try await withHost { host in
                let port = try Ports.free()
                try host.commit(
                    "Declare", ["u.yaml": unit(port, level), "i.yaml": Declare.instance("web", of: "web")])
                try await host.startAgent()
                try await host.until("it has its own pid in LISTEN_PID and WATCHDOG_PID, and is heard") {
                    $0.areSettled(["web/0"]) && $0["web/0"]?.json["statusText"].string == "http [True, True]"
                }
                #expect(try HTTPExchange.ask("/", at: .port(port)).status == 200)
                try host.commit(
                    "Again", ["i.yaml": Declare.instance("web", of: "web", "restartNonce: again")])
                try await host.until("the next run has what the first one stored") {
                    $0.areSettled(["web/0"])
                        && $0["web/0"]?.json["statusText"].string == "http:kept [True, True]"
                }
                #expect(try HTTPExchange.ask("/", at: .port(port)).status == 200)
            }
        }
    }
}
