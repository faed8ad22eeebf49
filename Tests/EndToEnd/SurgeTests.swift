import Glibc
import TestKit
import Testing

extension EndToEnd.HeldPorts {
    /// Serves what is asked of the held port, and answers probes on a port of its own, as its mode says.
    private static let surging = """
        import os, sys, threading, http.server
        class Probe(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(503 if os.environ["MODE"] == "sick" else 200)
                self.end_headers()
            def log_message(self, *_):
                pass
        own = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PLUMB_PORT_HEALTH"])), Probe)
        threading.Thread(target=own.serve_forever, daemon=True).start()
        print("level", os.environ["LEVEL"], flush=True)
        if os.environ["MODE"] == "sick":
            print("nothing to serve at level", os.environ["LEVEL"], file=sys.stderr, flush=True)

        """ + server

    private static func unit(_ port: UInt16, _ health: UInt16) -> String {
        Declare.python(
            "web", surging,
            """
            endpoints:
              - {name: http, protocol: http, port: \(port), listen: true, address: 127.0.0.1}
              - {name: health, protocol: http, port: \(health)+index}
            config: {fields: [{name: mode, type: string, default: ok}, {name: level, type: int}]}
            health: {readiness: {http: {port: health, path: /}, period: 100ms, failureThreshold: 1}}
            stop: {grace: 5s}
            restart: {backoff: {initial: 100ms, resetAfter: 1s}}
            """)
    }

    private static func instance(_ level: Int, _ update: String, mode: String = "ok") -> String {
        Declare.instance(
            "web", of: "web",
            """
            replicas: 2
            config: {level: \(level), mode: \(mode)}
            update: {\(update), minHealthyTime: 500ms, \(mode == "ok" ? patient : short)}
            """)
    }

    /// For a machine that has much else to do, and for what is never well.
    private static let patient = "healthyDeadline: 1m, progressDeadline: 2m"
    private static let short = "healthyDeadline: 8s, progressDeadline: 10s"
    private static let surge = "maxUnavailable: 0, maxSurge: 1"
    private static let blueGreen = "strategy: blueGreen"
    private var both: [String] { ["web/0", "web/1"] }

    /// Both replicas are ready at every moment at which anybody answers, and no more than so many runs live.
    private func watched(
        _ host: Host, _ what: String, most: Int, _ isSo: (StatusView) throws -> Bool
    ) async throws -> StatusView {
        try await host.until(what) { status in
            let replicas = status.instance("web")["replicas"].array
            let live =
                replicas.count { $0["pid"].int != nil }
                + replicas.count { $0["beside"]["slot"].string != nil }
            #expect(live <= most, "\(live) runs live")
            return try isSo(status)
        }
    }

    private func slots(_ status: StatusView) -> [String] {
        both.map { status[$0]?.json["slot"].string ?? $0 }
    }

    @Test("Surge and blue-green: no request is lost, over deaths of the agent, and a bad set touches nothing")
    func surges() async throws {
        try await withHost { host in
            let (port, health) = (try Ports.free(), try Ports.free(count: 4))
            try host.commit(
                "Declare", ["u.yaml": Self.unit(port, health), "i.yaml": Self.instance(0, Self.surge)])
            try await host.startAgent()
            var before = try await host.proven("web", replicas: 2)
            let told = try await asking(host, port, atLeast: 100) {
                try await roll(host, health, &before)
                try await turnGreen(host, &before)
                try await refuse(host, before)
            }
            #expect(told["refused"].int == 0 && told["cut"].int == 0, "\(told)")
            #expect((told["pids"].int ?? 0) >= 6, "\(told)")
            let logs = try await host.plumb("logs", "web/0")
            #expect(["level 0", "level 1", "level 2"].allSatisfy(logs.output.contains), "\(logs)")
        }
    }

    /// Rolling with surge: the agent dies while a run lives beside another one, and again once one has gone.
    private func roll(_ host: Host, _ health: UInt16, _ before: inout StatusView) async throws {
        try host.commit("Roll", ["i.yaml": Self.instance(1, Self.surge)])
        _ = try await watched(host, "a successor runs", most: 3) {
            $0["web/0"]?.json["beside"]["pid"].int != nil
        }
        await host.killAgent()
        try await host.startAgent()
        _ = try await watched(host, "the first has changed over", most: 3) {
            $0["web/0"]?.json["slot"].string == "web/0.2"
        }
        await host.killAgent()
        try await host.startAgent()
        let after = try await watched(host, "both have changed over", most: 3) { status in
            status.areSettled(both) && slots(status) == ["web/0.2", "web/1.2"]
        }
        #expect(Set(after.pids.values).isDisjoint(with: before.pids.values))
        // A claim that the agent's death undid is made again, but no program began twice.
        let logs = try await host.plumb("logs", "web").output.split(separator: "\n")
        #expect(logs.count { $0.hasSuffix("level 1") } == 2, "\(logs)")
        // What opens its port by itself has one of its own.
        let own = both.map { after[$0]?.json["ports"]["health"].int ?? 0 }
        #expect(Set(own).count == 2 && own.allSatisfy { Int(health)...Int(health) + 2 ~= $0 }, "\(own)")
        before = try await host.proven("web", replicas: 2)
    }

    private func turnGreen(_ host: Host, _ before: inout StatusView) async throws {
        try host.commit("Blue-green from now on", ["i.yaml": Self.instance(1, Self.blueGreen)])
        let same = try await host.proven("web", replicas: 2)
        #expect(same.pids == before.pids)
        try host.commit("Green", ["i.yaml": Self.instance(2, Self.blueGreen)])
        let during = try await watched(host, "the new set runs beside the old one", most: 4) { status in
            both.allSatisfy { status[$0]?.json["beside"]["role"].string == "successor" }
        }
        #expect(during.pids == same.pids && slots(during) == ["web/0.2", "web/1.2"])
        await host.killAgent()
        try await host.startAgent()
        let after = try await watched(host, "all have changed over", most: 4) { status in
            status.areSettled(both) && slots(status) == both
        }
        #expect(Set(after.pids.values).isDisjoint(with: same.pids.values))
        before = try await host.proven("web", replicas: 2)
    }

    private func refuse(_ host: Host, _ before: StatusView) async throws {
        try host.commit("Never well", ["i.yaml": Self.instance(3, Self.blueGreen, mode: "sick")])
        _ = try await watched(host, "the bad set runs beside the good one", most: 4) { status in
            both.allSatisfy { status[$0]?.json["beside"]["pid"].int != nil }
        }
        let report = try await host.plumb("status", "web")
        #expect(
            report.output.contains("web/0: its successor in slot web/0.2: Running, not ready"), "\(report)")
        let back = try await host.rolledBack("web", replicas: 2)
        #expect(back.pids == before.pids, "what served was never touched")
        let told = try await host.until("the last words of a run beside another one are told") {
            !$0.instance("web")["rollout"]["failure"]["stderr"].array.isEmpty
        }
        let failure = told.instance("web")["rollout"]["failure"]
        #expect(failure["stderr"].array.compactMap(\.string) == ["nothing to serve at level 3"])
        #expect(failure["message"].string?.contains(".2 was not healthy") == true, "\(failure)")
        try await eventually("nothing of the bad set is left") {
            try host.status().instance("web")["replicas"].array.allSatisfy {
                $0["beside"]["slot"].string == nil
            }
        }
    }
}
