import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Held ports of each replica") struct HeldPortKinds {
        /// Answers on whatever it is handed with its own replica, and leaves nothing half done at SIGTERM.
        private static let server = """
            import os, select, signal, socket
            me = os.environ["PLUMB_REPLICA"].encode()
            names = os.environ["LISTEN_FDNAMES"].split(":")
            sockets = {name: socket.socket(fileno=3 + n) for n, name in enumerate(names)}
            bell, ringer = os.pipe()
            os.set_blocking(ringer, False)
            signal.set_wakeup_fd(ringer)
            signal.signal(signal.SIGTERM, lambda *_: None)
            while True:
                ready = select.select([bell, *sockets.values()], [], [])[0]
                if bell in ready:
                    break
                if sockets["ctl"] in ready:
                    client, _ = sockets["ctl"].accept()
                    with client:
                        client.sendall(me)
                if sockets["feed"] in ready:
                    words, sender = sockets["feed"].recvfrom(100)
                    sockets["feed"].sendto(words + b" " + me, sender)
            """

        /// Asks both ports, and sends datagrams one after the other until it is told to end; what is not
        /// answered is lost.
        private static let client = """
            import json, os, socket, sys, time
            base, stop = int(sys.argv[1]), sys.argv[2]
            told = {}
            for index in (0, 1):
                with socket.create_connection(("127.0.0.1", base + index), timeout=60) as asked:
                    told[f"tcp{index}"] = asked.recv(100).decode()
            sent = lost = 0
            while not os.path.exists(stop) or sent < 50:
                for index in (0, 1):
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as feed:
                        feed.settimeout(60)
                        feed.sendto(b"%d" % sent, ("127.0.0.1", base + index))
                        try:
                            number, told[f"udp{index}"] = feed.recv(200).decode().split(" ")
                            lost += number != str(sent)
                        except OSError:
                            lost += 1
                    sent += 1
                time.sleep(0.005)
            print(json.dumps({"told": told, "sent": sent, "lost": lost}))
            """

        @Test("A port of each replica by its index, of TCP and of UDP; a restart loses no datagram")
        func kinds() async throws {
            try await withHost { host in
                let base = try Ports.free(count: 2)
                let unit = Declare.python(
                    "web", Self.server,
                    """
                    endpoints:
                      - {name: ctl, protocol: tcp, port: \(base)+index, listen: true, address: 127.0.0.1}
                      - {name: feed, protocol: udp, port: \(base)+index, listen: true, address: 127.0.0.1}
                    """)
                func instance(_ nonce: Int) -> String {
                    Declare.instance(
                        "web", of: "web",
                        """
                        replicas: 2
                        restartNonce: "\(nonce)"
                        update: {strategy: recreate}
                        """)
                }
                try host.commit("Declare", ["u.yaml": unit, "i.yaml": instance(0)])
                try await host.startAgent()
                var pids = try await host.settled(["web/0", "web/1"]).pids
                let (stop, result) = (host.root + "/stop", host.root + "/result")
                let client = try ChildProcess(
                    ["/usr/bin/python3", "-c", Self.client, "\(base)", stop],
                    environment: host.environment, directory: host.root, output: result, errors: result)
                defer { client.send(SIGKILL) }
                for round in 1...5 {
                    try host.commit("Round \(round)", ["i.yaml": instance(round)])
                    let before = pids
                    pids = try await host.until("both are replaced", seconds: 40) { status in
                        status.areSettled(["web/0", "web/1"])
                            && ["web/0", "web/1"].allSatisfy { status[$0]?.pid != before[$0] }
                    }.pids
                }
                Files.write(stop, "")
                #expect(await client.end(within: .seconds(240)) == .exited(0), "\(Files.text(result) ?? "")")
                let told = try JSON(parsing: Files.text(result) ?? "")
                for (index, name) in ["0", "1"].enumerated() {
                    #expect(told["told"]["tcp\(index)"].string == name)
                    #expect(told["told"]["udp\(index)"].string == name)
                }
                #expect(told["lost"].int == 0 && told["sent"].int ?? 0 >= 50, "\(told)")
            }
        }
    }
}
