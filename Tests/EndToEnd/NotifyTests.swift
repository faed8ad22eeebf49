import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("A program written for systemd") struct Notify {
        /// What such a program does: it looks at its environment, and talks to NOTIFY_SOCKET alone.
        private static let program = """
            import os, signal, socket, sys, time
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.connect(os.environ["NOTIFY_SOCKET"])
            tell = lambda text: s.send(text.encode())
            at = lambda name: os.path.exists(os.environ["PLUMB_WORKSPACE_DIR"] + "/" + name)
            assert os.environ["WATCHDOG_PID"] == str(os.getpid())
            period = int(os.environ["WATCHDOG_USEC"]) / 1e6 / 50
            while not at("go"): tell("STATUS=loading"); time.sleep(0.05)
            tell("READY=1\\nSTATUS=serving")
            def reload(*_):
                tell("RELOADING=1\\nMONOTONIC_USEC=%d" % (time.monotonic_ns() // 1000))
                while not at("loaded"): tell("WATCHDOG=1"); time.sleep(0.05)
                tell("READY=1\\nSTATUS=serving anew")
            signal.signal(signal.SIGHUP, reload)
            while not at("hang"): tell("WATCHDOG=1"); time.sleep(period)
            os.unlink(os.environ["PLUMB_WORKSPACE_DIR"] + "/hang")
            while True: time.sleep(60)
            """

        private static let unit = notifying(
            program,
            """
            health:
              startup: {heartbeat: {ttl: 1m}}
              readiness: {heartbeat: {}}
              liveness: {heartbeat: {ttl: 10s}}
            """)

        private static func notifying(_ script: String, _ more: String) -> String {
            Declare.python("web", script, more).replacing("  entry:\n", with: "  entry:\n    notify: true\n")
        }

        @Test("READY, RELOADING, STATUS and the watchdog work unchanged, across agents") func program()
            async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare", ["u.yaml": Self.unit, "i.yaml": Declare.instance("web", of: "web")])
                try await host.startAgent()
                let loading = try await host.until("its text is shown") {
                    $0["web/0"]?.json["statusText"].string == "loading"
                }
                #expect(loading["web/0"]?.isReady == false && loading["web/0"]?.phase == "Starting")
                // It says that it is ready while nobody is there; the next agent knows.
                await host.killAgent()
                Files.write(host.workspace("web/0") + "/go", "")
                try await host.startAgent()
                let serving = try await host.settled("web/0")
                #expect(serving.pids == loading.pids)
                try await host.until("its new text is shown") {
                    $0["web/0"]?.json["statusText"].string == "serving"
                }
                try await reloads(host, serving)
                try await hangs(host, serving)
            }
        }

        private func reloads(_ host: Host, _ before: StatusView) async throws {
            kill(try #require(before.pids["web/0"]), SIGHUP)
            let reloading = try await host.until("it is not ready") { $0["web/0"]?.isReady == false }
            #expect(reloading["web/0"]?.reason.contains("RELOADING=1") == true)
            Files.write(host.workspace("web/0") + "/loaded", "")
            let after = try await host.settled("web/0")
            #expect(after.pids == before.pids && after["web/0"]?.restarts == 0)
        }

        private func hangs(_ host: Host, _ before: StatusView) async throws {
            Files.write(host.workspace("web/0") + "/hang", "")
            let after = try await host.until("it was replaced", seconds: 60) {
                $0.areSettled(["web/0"]) && $0.pids != before.pids
            }
            #expect(after["web/0"]?.restarts == 1)
            #expect(after["web/0"]?.health == "recovering")
            let stop = try host.events().last { $0.kind == "stopping" }
            #expect(stop?.cause.contains("no WATCHDOG=1 for") == true, "\(stop?.cause ?? "no stop")")
        }

        @Test("What a stranger says is not heard, and a flood slows nobody but its sender") func stranger()
            async throws
        {
            try await withHost { host in
                let flood = """
                    import os, socket, time
                    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                    s.connect(os.environ["NOTIFY_SOCKET"])
                    count = 0
                    while True:
                        s.send(b"STATUS=%d" % count)
                        count += 1
                    """
                let unit = Self.notifying(flood, "health: {readiness: {heartbeat: {}}}")
                try host.commit(
                    "Declare", ["u.yaml": unit, "i.yaml": Declare.instance("web", of: "web")])
                try await host.startAgent()
                let first = try await host.until("it is heard") {
                    $0["web/0"]?.json["statusText"].string != nil
                }
                let run = try #require(first["web/0"]?.run)
                try tell("\(host.runtime)/n/\(run).sock", "READY=1\nSTATUS=a stranger")
                let refused = try await host.until("the stranger is noticed") {
                    $0["web/0"]?.json["notifyNote"].string?.contains("not of its own processes") == true
                }
                #expect(refused["web/0"]?.isReady == false)
                #expect(refused["web/0"]?.json["statusText"].string != "a stranger")
                // Reading at a pace is what bounds it: 64 messages in a tenth of a second.
                let count = Int(refused["web/0"]?.json["statusText"].string ?? "") ?? 0
                let later = try await host.until("it goes on") {
                    Int($0["web/0"]?.json["statusText"].string ?? "") ?? 0 > count
                }
                #expect(later["web/0"]?.pid == first["web/0"]?.pid)
            }
        }

        /// A datagram of this process, which is none of the run's.
        private func tell(_ path: String, _ text: String) throws {
            let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
                guard path.utf8.count < target.count else { return false }
                target.copyBytes(from: path.utf8)
                return true
            }
            try #require(fits, "\(path) is too long for a socket")
            let sent = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(
                        descriptor, text, text.utf8.count, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(sent == text.utf8.count, "errno \(errno)")
        }
    }
}
