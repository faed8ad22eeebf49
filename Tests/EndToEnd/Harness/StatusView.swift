/// `/v1/status`, as far as the tests look at it.
struct StatusView: Sendable {
    let json: JSON

    struct Replica: Sendable {
        let json: JSON
        var name: String { json["name"].string ?? "" }
        var phase: String { json["phase"].string ?? "" }
        var health: String { json["health"].string ?? "" }
        var isReady: Bool { json["ready"].bool ?? false }
        var isSynced: Bool { json["synced"].bool ?? false }
        var pid: Int32? { json["pid"].int.map { Int32($0) } }
        var run: String? { json["runId"].string }
        var restarts: Int { json["restarts"].int ?? 0 }
        var reason: String { json["reason"].string ?? "" }
        var lastExit: JSON { json["lastExit"] }
    }

    /// The commit that is in force.
    var accepted: String? { json["source"]["accepted"]["commit"].string }
    var diagnostics: [String] { json["source"]["diagnostics"].array.compactMap(\.string) }

    var replicas: [String: Replica] {
        let all = json["instances"].array.flatMap { $0["replicas"].array }.map(Replica.init(json:))
        return Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(replica: String) -> Replica? { replicas[replica] }

    func instance(_ name: String) -> JSON {
        json["instances"].array.first { $0["name"].string == name } ?? .null
    }

    /// The message of a condition that holds; nil where it does not.
    func condition(_ type: String) -> String? {
        let found = json["conditions"].array.first { $0["type"].string == type && $0["status"].bool == true }
        return found.map { ($0["reason"].string ?? "") + ": " + ($0["message"].string ?? "") }
    }

    func waiting(for replica: String) -> JSON {
        json["waiting"].array.first { $0["replica"].string == replica } ?? .null
    }

    /// The pids of every replica that has one.
    var pids: [String: Int32] { replicas.compactMapValues(\.pid) }

    /// These are running and ready, and as the repository has them.
    func areSettled(_ names: [String]) -> Bool {
        names.allSatisfy { name in
            guard let replica = self[name] else { return false }
            return replica.phase == "Running" && replica.isReady && replica.isSynced && replica.pid != nil
        }
    }
}

/// One line of `/v1/events`.
struct EventView: Sendable {
    let json: JSON
    var kind: String { json["kind"].string ?? "" }
    var replica: String? { json["replica"].string }
    var message: String { json["message"].string ?? "" }
    var cause: String { json["cause"]["text"].string ?? "" }
}
