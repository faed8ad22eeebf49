import TestKit

/// A service that does as its configuration says, and notes each run of each mode in its workspace.
enum Fickle {
    static let unit = unit(version: "1.0.0", command: "/bin/sh")

    /// Ready once it has made the file `up`.
    static func unit(version: String, command: String, _ more: String = "") -> String {
        Declare.unit(
            "fickle", version: version,
            """
            entry:
              command: \(command)
              args:
                - -c
                - |
                  cd "$PLUMB_WORKSPACE_DIR"
                  rm -f up
                  echo "$LEVEL" >> "runs-$MODE"
                  case "$MODE" in
                  crash) for i in $(seq 30); do echo "line $i" >&2; done; exit 7;;
                  exit) exit 0;;
                  config) echo "config: $LEVEL is no level" >&2; exit 2;;
                  hang) exec sleep 100000;;
                  sick) touch up; sleep 0.6; rm -f up; exec sleep 100000;;
                  esac
                  touch up
                  exec sleep 100000
            \(more)
            config:
              fields: [{name: mode, type: string, default: ok}, {name: level, type: int, default: 0}]
            health:
              readiness:
                exec: {command: [/bin/sh, -c, 'test -e "$PLUMB_WORKSPACE_DIR/up"']}
                period: 100ms
                failureThreshold: 1
            restart: {backoff: {initial: 100ms, resetAfter: 1s}}
            stop: {grace: 2s}
            """)
    }

    static func instance(
        _ name: String = "web", mode: String = "ok", level: Int = 0, unit: String = "fickle@1.0.0",
        _ more: String = "", update: String = ""
    ) -> String {
        Declare.instance(
            name, of: unit,
            "config: {mode: \(mode), level: \(level)}\n"
                + "update: {minHealthyTime: 200ms, healthyDeadline: 4s, progressDeadline: 5s"
                + (update.isEmpty ? "" : ", " + update) + "}" + (more.isEmpty ? "" : "\n" + more))
    }

    /// How often a mode was run by a replica.
    static func runs(_ mode: String, of replica: String = "web/0", on host: Host) -> Int {
        Files.lines(host.workspace(replica) + "/runs-\(mode)").count
    }
}

extension Host {
    /// The status, once the newest commit runs and has become last known good.
    @discardableResult
    func proven(_ name: String, replicas: Int = 1) async throws -> StatusView {
        let names = (0..<replicas).map { "\(name)/\($0)" }
        try await settled(names)
        let head = try repository.head()
        try await eventually("\(name) has proved itself") {
            try events().contains { event in
                event.kind == "rolloutDone" && event.json["instance"].string == name
                    && event.json["revision"]["commit"].string == head
            }
        }
        return try await settled(names)
    }

    /// The status, once an Instance runs its last known good spec again and is ready.
    func rolledBack(_ name: String, replicas: Int = 1, seconds: Double = 60) async throws -> StatusView {
        let head = try repository.head()
        return try await until("\(name) is rolled back and ready", seconds: seconds) { status in
            status.accepted == head && status.instance(name)["rollout"]["state"].string == "RolledBack"
                && status.instance(name)["readyReplicas"].int == replicas
                && status.condition("RolledBack") != nil
        }
    }
}
