import TestKit
import Testing

extension EndToEnd {
    @Suite("Endpoint") struct Endpoint {
        @Test("It answers on TCP and on the socket, and changes nothing") func routes() async throws {
            try await withHost { host in
                let commit = try host.commit(
                    "Declare",
                    ["u.yaml": Declare.sleeper, "i.yaml": Declare.sleeping("web", level: 0, "replicas: 2")])
                try await host.startAgent()
                let pids = try await host.settled("web/0", "web/1").pids
                for place in [HTTPExchange.Place.socket(host.socket), .port(host.port)] {
                    func get(_ path: String) throws -> JSON {
                        let answer = try HTTPExchange.ask(path, at: place)
                        #expect(answer.status == 200, "\(path) on \(place): \(answer.text)")
                        #expect(
                            answer.headers.lowercased().contains("application/json"),
                            "\(path): \(answer.headers)")
                        return try answer.json()
                    }
                    for path in ["/healthz", "/readyz"] {
                        #expect(try HTTPExchange.ask(path, at: place).status == 200, "\(path)")
                    }
                    #expect(StatusView(json: try get("/v1/status")).pids == pids)
                    let revision = try get("/v1/revisions")["items"].array.first
                    #expect(revision?["revision"]["commit"].string == commit)
                    #expect(revision?["outcome"].string == "accepted")
                    #expect(
                        try get("/v1/units")["items"].array.map { $0["unit"].string } == ["sleeper@1.0.0"])
                    #expect(try get("/v1/instances")["items"].array.map { $0["name"].string } == ["web"])
                    #expect(try get("/v1/instances/web")["instance"]["ready"].string == "2/2")
                    #expect(try !get("/v1/events")["items"].array.isEmpty)
                    #expect(try get("/v1/events?limit=1")["items"].array.count == 1)

                    let absent = try HTTPExchange.ask("/v1/instances/nobody", at: place)
                    #expect(absent.status == 404)
                    #expect(try HTTPExchange.ask("/v1/nonsense", at: place).status == 404)
                    for method in ["POST", "PUT", "DELETE", "PATCH"] {
                        for path in ["/v1/status", "/v1/instances/web", "/healthz"] {
                            let answer = try HTTPExchange.ask(path, method: method, at: place)
                            #expect(answer.status == 405, "\(method) \(path)")
                            #expect(answer.headers.lowercased().contains("allow: get"), "\(answer.headers)")
                        }
                    }
                    #expect(try HTTPExchange.ask("/v1/status", method: "HEAD", at: place).body.isEmpty)
                }
                #expect(try host.status().pids == pids)
                #expect(Files.mode(host.socket).map { $0 & 0o007 } == 0, "the socket is not for everybody")
            }
        }
    }
}
