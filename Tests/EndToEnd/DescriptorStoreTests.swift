import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Stored descriptors") struct StoredDescriptors {
        /// Counts its lives in memory alone, which it stores; and says which descriptors it was given.
        private static let counter = """
            import os, socket, struct, time
            names = [n for n in os.environ.get("LISTEN_FDNAMES", "").split(":") if n]
            assert not names or os.environ["LISTEN_PID"] == str(os.getpid())
            assert len(names) == int(os.environ.get("LISTEN_FDS", "0"))
            teller = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            teller.connect(os.environ["NOTIFY_SOCKET"])
            lives = 0
            if "lives" in names:
                memory = 3 + names.index("lives")
                lives, = struct.unpack("q", os.pread(memory, 8, 0))
            else:
                memory = os.memfd_create("lives")
            lives += 1
            os.pwrite(memory, struct.pack("q", lives), 0)
            if lives == 1:
                socket.send_fds(teller, [b"FDSTORE=1\\nFDNAME=lives"], [memory])
            path = os.environ["PLUMB_WORKSPACE_DIR"] + "/said"
            with open(path + ".new", "w") as file:
                file.write("%d %s %d" % (lives, ",".join(names), os.getpid()))
            os.rename(path + ".new", path)
            teller.send(b"READY=1")
            time.sleep(100000)
            """

        private func unit(_ port: UInt16) -> String {
            Declare.python(
                "counter", Self.counter,
                """
                endpoints: [{name: http, port: \(port), listen: true, address: 127.0.0.1}]
                restart: {backoff: {initial: 10ms, max: 50ms}}
                """
            ).replacing("entry:\n", with: "entry:\n    notify: true\n    fileDescriptorStoreMax: 4\n")
        }

        private func instance(_ nonce: Int, _ more: String = "") -> String {
            Declare.instance("counter", of: "counter", "restartNonce: \"\(nonce)\"\n\(more)")
        }

        /// What the run of this pid says of its life and its descriptors.
        private func said(_ host: Host) async throws -> String {
            var text = ""
            try await eventually("the run says what it was given", seconds: 40) {
                let pid = try host.status()["counter/0"]?.pid
                let words = (Files.text(host.workspace("counter/0") + "/said") ?? "").split(separator: " ")
                guard let pid, words.last == "\(pid)" else { return false }
                text = words.dropLast().joined(separator: " ")
                return true
            }
            return text
        }

        @Test("What a run stores reaches the next one, whoever dies in between") func handedOn() async throws
        {
            try await withHost { host in
                let port = try Ports.free()
                try host.commit("Declare", ["u.yaml": unit(port), "i.yaml": instance(0)])
                try await host.startAgent()
                try await host.settled("counter/0")
                #expect(try await said(host) == "1 http")

                try host.commit("Again", ["i.yaml": instance(1)])
                try await host.settled("counter/0")
                let second = try await said(host)
                #expect(second == "2 http,lives")

                var lives = 2
                for victim in ["run", "keeper", "agent", "agent and run"] {
                    let before = try await host.settled("counter/0")
                    let pid = try #require(before.pids["counter/0"])
                    let keeper = try #require(ProcessTable.parent(of: pid))
                    if victim.hasPrefix("agent") { await host.killAgent() }
                    signal(victim == "keeper" ? keeper : victim == "agent" ? nil : pid, SIGKILL)
                    if victim.hasPrefix("agent") { try await host.startAgent() }
                    if victim != "agent" {
                        lives += 1
                        try await host.until("it is back", seconds: 40) {
                            $0.areSettled(["counter/0"]) && $0.pids["counter/0"] != pid
                        }
                    }
                    #expect(try await said(host) == "\(lives) http,lives", "\(victim) killed")
                }
                try host.commit("Stop", ["i.yaml": instance(1, "desired: stopped")])
                try await host.until("it is stopped") { $0["counter/0"]?.phase == "Stopped" }
                try host.commit("Start", ["i.yaml": instance(1)])
                try await host.settled("counter/0")
                #expect(try await said(host) == "1 http", "a stop empties the store")
            }
        }
    }
}
