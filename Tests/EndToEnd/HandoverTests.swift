import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Held ports") struct HeldPorts {
        /// Each commit restarts two replicas.
        private static let commits = 50
        private static let requests = 5000
        private static let deaths = 24

        /// Takes its socket from Plumb; at SIGTERM it finishes what it has accepted, and accepts no more.
        static let server = """
            import os, select, signal, socket
            assert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDS"] == "1"
            listener = socket.socket(fileno=3)
            listener.setblocking(False)
            bell, ringer = os.pipe()
            os.set_blocking(ringer, False)
            signal.set_wakeup_fd(ringer)
            signal.signal(signal.SIGTERM, lambda *_: None)
            while True:
                ready = select.select([listener, bell], [], [])[0]
                if bell in ready:
                    break
                try:
                    client, _ = listener.accept()
                except BlockingIOError:
                    continue
                with client:
                    client.setblocking(True)
                    client.recv(1024)
                    client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n%d" % os.getpid())
            """

        /// Four of them ask one time after the other until it was often enough and they are told to end. What
        /// was not connected is `refused`; what was connected and got no whole answer is `cut`.
        private static let client = """
            import json, os, socket, sys, threading, time
            port, least, stop = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
            lock, done, refused, cut, pids, slowest = threading.Lock(), 0, [], [], set(), 0
            def ask():
                global done, slowest
                while done < least or not os.path.exists(stop):
                    begun, lost, why = time.monotonic(), refused, None
                    try:
                        with socket.create_connection(("127.0.0.1", port), timeout=60) as asked:
                            lost = cut
                            asked.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                            answer = b""
                            while part := asked.recv(1024):
                                answer += part
                        assert answer.startswith(b"HTTP/1.0 200"), answer
                    except Exception as error:
                        why = repr(error)
                    with lock:
                        done += 1
                        if why:
                            lost.append(why)
                        else:
                            pids.add(answer.split()[-1].decode())
                        slowest = max(slowest, time.monotonic() - begun)
                    time.sleep(0.01)
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            print(json.dumps({"done": done, "refused": len(refused), "cut": len(cut),
                              "why": (refused + cut)[:3], "pids": len(pids),
                              "slowest": str(round(slowest, 3))}))
            """

        /// Asks while `body` goes on, and returns what became of it.
        func asking(
            _ host: Host, _ port: UInt16, atLeast requests: Int, _ body: () async throws -> Void
        ) async throws -> JSON {
            let (stop, result) = (host.root + "/stop", host.root + "/result")
            let client = try ChildProcess(
                ["/usr/bin/python3", "-c", Self.client, "\(port)", "\(requests)", stop],
                environment: host.environment, directory: host.root, output: result, errors: result)
            defer { client.send(SIGKILL) }
            try await body()
            Files.write(stop, "")
            #expect(await client.end(within: .seconds(240)) == .exited(0))
            return try JSON(parsing: Files.text(result) ?? "")
        }

        private func unit(_ port: UInt16) -> String {
            Declare.python(
                "web", Self.server,
                """
                endpoints: [{name: http, protocol: http, port: \(port), listen: true, address: 127.0.0.1}]
                stop: {grace: 5s}
                restart: {backoff: {initial: 10ms, max: 50ms}}
                """)
        }

        private func instance(_ nonce: Int, _ strategy: String, _ more: String = "replicas: 2") -> String {
            Declare.instance(
                "web", of: "web",
                """
                \(more)
                restartNonce: "\(nonce)"
                update: {strategy: \(strategy), minHealthyTime: 1ms}
                """)
        }

        private let names = ["web/0", "web/1"]

        @Test("No request is lost over rolling and recreate restarts, and deaths of the agent")
        func nothingIsLost() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var numbers = SeededNumbers(seed: seed)
            try await withHost { host in
                let port = try Ports.free()
                try host.commit("Declare", ["u.yaml": unit(port), "i.yaml": instance(0, "rolling")])
                try await host.startAgent()
                var pids = try await host.settled(names).pids
                var deaths = 0
                let told = try await asking(host, port, atLeast: Self.requests) {
                    for round in 1...Self.commits {
                        let strategy = round % 2 == 0 ? "rolling" : "recreate"
                        try host.commit("Round \(round)", ["i.yaml": instance(round, strategy)])
                        if round % 8 == 0 {
                            // Somewhere in the middle of the restarts.
                            let pause = Int.random(in: 0...250, using: &numbers)
                            try await Task.sleep(for: .milliseconds(pause))
                            await host.killAgent()
                            try await host.startAgent()
                            deaths += 1
                        }
                        pids = try await replaced(host, pids)
                    }
                }
                print(
                    "held port: \(told["done"].int ?? 0) requests, \(2 * Self.commits) restarts, "
                        + "answers of \(told["pids"].int ?? 0) processes, agent killed \(deaths) times: "
                        + "refused \(told["refused"].int ?? -1), cut \(told["cut"].int ?? -1), "
                        + "slowest \(told["slowest"].string ?? "") s, seed \(seed)")
                #expect(told["refused"].int == 0 && told["cut"].int == 0, "\(told["why"]), seed \(seed)")
                #expect(told["done"].int ?? 0 >= Self.requests)
            }
        }

        private enum Victim: String, CaseIterable {
            case run, keeper, agent
            case agentAndRun = "agent, run"
            case agentAndKeeper = "agent, keeper"
            var isAgent: Bool { self != .run && self != .keeper }
        }

        @Test("Runs, keepers and the agent killed -9 at random moments: nobody is refused")
        func nobodyIsRefused() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var numbers = SeededNumbers(seed: seed)
            try await withHost { host in
                let port = try Ports.free()
                try host.commit("Declare", ["u.yaml": unit(port), "i.yaml": instance(0, "rolling")])
                try await host.startAgent()
                try await host.settled(names)
                var tally: [Victim: Int] = [:]
                let told = try await asking(host, port, atLeast: 500) {
                    for round in 0..<Self.deaths {
                        let victim = Victim.allCases[round % Victim.allCases.count]
                        tally[victim, default: 0] += 1
                        try await kill(victim, host, &numbers)
                    }
                }
                let deaths = tally.map { "\($0.key.rawValue) \($0.value)" }.sorted()
                print(
                    "held port, killed: \(deaths.joined(separator: "; ")) times: "
                        + "\(told["done"].int ?? 0) requests, refused \(told["refused"].int ?? -1), "
                        + "cut \(told["cut"].int ?? -1), slowest \(told["slowest"].string ?? "") s, "
                        + "seed \(seed)")
                #expect(told["refused"].int == 0, "\(told["why"]), seed \(seed)")
                // Whoever is killed takes the connections along that it had accepted, and no other.
                #expect(told["cut"].int ?? .max <= Self.deaths * 4, "\(told["why"]), seed \(seed)")
            }
        }

        private func kill(_ victim: Victim, _ host: Host, _ numbers: inout SeededNumbers) async throws {
            let name = try #require(names.randomElement(using: &numbers))
            let before = try await host.settled(names)
            let pid = try #require(before[name]?.pid)
            let keeper = try #require(ProcessTable.parent(of: pid))
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...50, using: &numbers)))
            if victim.isAgent { await host.killAgent() }
            switch victim {
            case .run, .agentAndRun: signal(pid, SIGKILL)
            case .keeper, .agentAndKeeper: signal(keeper, SIGKILL)
            case .agent: break
            }
            if victim.isAgent {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...100, using: &numbers)))
                try await host.startAgent()
            }
            try await host.until("\(name) is back", seconds: 40) {
                $0.areSettled(names) && (victim == .agent || $0[name]?.run != before[name]?.run)
            }
        }

        private func replaced(_ host: Host, _ before: [String: Int32]) async throws -> [String: Int32] {
            try await host.until("both are replaced", seconds: 40) { status in
                status.areSettled(names) && names.allSatisfy { status[$0]?.pid != before[$0] }
            }.pids
        }

        @Test("An agent that dies while nothing runs: the port stays open until it is back")
        func nobodyRuns() async throws {
            try await withHost { host in
                let port = try Ports.free()
                // It crashes at once, and waits for its backoff without a process.
                let crashing = Declare.shell(
                    "web", "test -e \"$PLUMB_WORKSPACE_DIR/go\" || exit 1\nexec sleep 1000",
                    """
                    endpoints: [{name: http, port: \(port), listen: true}]
                    restart: {backoff: {initial: 1h, max: 1h}}
                    """)
                try host.commit(
                    "Declare", ["u.yaml": crashing, "i.yaml": Declare.instance("web", of: "web")])
                try await host.startAgent()
                try await host.until("it waits") { $0["web/0"]?.phase == "Crashed" }
                #expect(connects(port))
                await host.killAgent()
                #expect(connects(port))
                try await host.startAgent()
                try await host.until("it waits") { $0["web/0"]?.phase == "Crashed" }
                #expect(connects(port))
                try host.commit(
                    "Stop", ["i.yaml": Declare.instance("web", of: "web", "desired: stopped")])
                try await host.until("it is stopped") { $0["web/0"]?.phase == "Stopped" }
                try await eventually("the port is closed") { !connects(port) }
            }
        }

        @Test("A port that somebody else has stops nothing that runs") func inUse() async throws {
            try await withHost { host in
                let (port, taken) = (try Ports.free(), try Ports.free())
                let squatter = try ChildProcess(
                    [
                        "/usr/bin/python3", "-c",
                        "import socket,time; s=socket.create_server(('',\(taken))); time.sleep(600)",
                    ], environment: host.environment, directory: host.root, output: "/dev/null",
                    errors: "/dev/null")
                defer { squatter.send(SIGKILL) }
                try await eventually("the port is taken") { connects(taken) }
                try host.commit(
                    "Declare", ["u.yaml": unit(port), "i.yaml": instance(0, "rolling", "replicas: 1")])
                try await host.startAgent()
                let before = try await host.settled("web/0").pids
                try host.commit("Move", ["u.yaml": unit(taken)])
                let status = try await host.until("it is refused") {
                    $0["web/0"]?.reason.contains("(pid \(squatter.pid)) has it") == true
                }
                #expect(status.pids == before && connects(port))
                squatter.send(SIGKILL)
                _ = await squatter.end(within: .seconds(5))
                try await host.settled("web/0")
                #expect(connects(taken))
                try await eventually("the old port is closed") { !connects(port) }
            }
        }

        private func connects(_ port: UInt16) -> Bool {
            // A full queue of connections that nobody takes is no refusal, and does not make the test wait.
            let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(raw) }
            var patience = timeval(tv_sec: 1, tv_usec: 0)
            setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            var address = Ports.loopback(port)
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return result == 0 || errno != ECONNREFUSED
        }
    }
}
