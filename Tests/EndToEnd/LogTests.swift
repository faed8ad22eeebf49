import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Logs") struct Logs {
        @Test(
            "A follower goes on across a new replica, a killed agent and a restart; lines are merged by time")
        func following() async throws {
            try await withHost { host in
                let script = """
                    n=0; while [ ! -e "$PLUMB_WORKSPACE_DIR/end" ]; do
                    n=$((n+1)); echo "$PLUMB_REPLICA line $n"; sleep 0.02; done
                    rm "$PLUMB_WORKSPACE_DIR/end"; echo last words; exit 3
                    """
                let unit = Declare.shell(
                    "ticking", script,
                    "logging: {maxSize: 64Ki, maxFiles: 3, maxAge: 1d}\nrestart: {backoff: {initial: 10ms}}")
                try host.commit(
                    "Declare", ["u.yaml": unit, "i.yaml": Declare.instance("ticking", of: "ticking")])
                try await host.startAgent()
                try await host.settled("ticking/0")
                let log = host.root + "/followed"
                let follower = try ChildProcess(
                    [Binaries.plumb, "logs", "-f", "ticking", "-n", "0", "-o", "json"],
                    environment: host.environment, directory: host.root, output: log, errors: log)
                func seen(_ text: String) -> Bool { Files.text(log)?.contains(text) ?? false }
                try await eventually("the first replica is followed", seconds: 60) { seen("\"ticking/0\"") }
                try host.commit("Two", ["i.yaml": Declare.instance("ticking", of: "ticking", "replicas: 2")])
                try await eventually("the new replica is followed, too", seconds: 60) {
                    seen("\"ticking/1\"")
                }
                await host.killAgent()
                Files.write(host.workspace("ticking/0") + "/end", "")
                try await eventually("the end is told while no agent is there", seconds: 60) {
                    seen("exit code 3")
                }
                try await host.startAgent()
                try await eventually("and the next run", seconds: 60) {
                    let starts = Files.lines(log).filter {
                        $0.contains("runStarted") && $0.contains("ticking/0")
                    }
                    return starts.count == 1
                }
                follower.send(SIGINT)
                _ = await follower.end(within: .seconds(30))

                let previous = try await host.plumb("logs", "ticking/0", "--run", "previous", "-n", "1")
                    .output
                #expect(previous == "last words\n")
                let merged = try await host.plumb("logs", "ticking", "-n", "200", "-o", "json").output
                let times = try merged.split(separator: "\n").compactMap {
                    try JSON(parsing: String($0))["time"].string
                }
                #expect(times.count > 20 && times == times.sorted())
            }
        }

        @Test(
            "root: a follower whom the kernel lets watch nothing says so, and looks by itself",
            .enabled(if: geteuid() == 0, "limits of inotify are set in a user namespace of its own"),
            arguments: ["max_inotify_watches", "max_inotify_instances"])
        func unwatched(limit: String) async throws {
            try await withHost { host in
                let script = """
                    echo first; while [ ! -e "$PLUMB_WORKSPACE_DIR/go" ]; do sleep 0.02; done
                    echo second; exec sleep 100000
                    """
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.shell("slow", script),
                        "i.yaml": Declare.instance("slow", of: "slow"),
                    ])
                try await host.startAgent()
                try await host.settled("slow/0")
                let log = host.root + "/followed"
                let follower = try ChildProcess(
                    [
                        "unshare", "--user", "--map-root-user", "/bin/sh", "-c",
                        "echo 0 > /proc/sys/user/\(limit) && exec \"$@\"", "sh", Binaries.plumb, "logs",
                        "-f", "slow",
                    ], environment: host.environment, directory: host.root, output: log, errors: log)
                try await eventually("it is said", seconds: 60) {
                    Files.text(log)?.contains("raise fs.inotify") ?? false
                }
                Files.write(host.workspace("slow/0") + "/go", "")
                try await eventually("the line comes all the same", seconds: 60) {
                    Files.lines(log).contains("second")
                }
                follower.send(SIGINT)
                _ = await follower.end(within: .seconds(30))
                #expect(Files.lines(log).filter { $0.contains("once a second") }.count == 1)
            }
        }

        @Test(
            "A full disk takes lines: status, events and the log itself say how many, when and why (as root)",
            .survives(.logTrouble, "disk full, from end to end"),
            .enabled(if: geteuid() == 0, "needs root"))
        func fullDisk() async throws {
            try await withHost { host in
                let output = host.state + "/slots/full/0/output"
                for depth in ["", "/slots", "/slots/full", "/slots/full/0", "/slots/full/0/output"] {
                    mkdir(host.state + depth, 0o755)
                }
                guard mount("tmpfs", output, "tmpfs", 0, "size=64k") == 0 else {
                    return print("a full disk: no tmpfs can be mounted here, skipped")
                }
                defer { umount2(output, Int32(MNT_DETACH)) }
                let script = """
                    n=0; while [ $n -lt 4000 ]; do n=$((n+1)); echo "line $n, and nobody knows of the disk"; done
                    while [ ! -e "$PLUMB_WORKSPACE_DIR/go" ]; do echo waiting; sleep 0.1; done
                    while :; do echo after; sleep 0.2; done
                    """
                try host.commit(
                    "Declare",
                    ["u.yaml": Declare.shell("full", script), "i.yaml": Declare.instance("full", of: "full")])
                try await host.startAgent()
                func finding(_ status: StatusView) -> String? {
                    status["full/0"]?.json["findings"].array.first { $0["type"].string == "LogsLost" }?[
                        "message"
                    ].string
                }
                try await host.until("status says why", seconds: 60) {
                    finding($0)?.contains("standard output is lost, not logged: No space left on device")
                        == true
                }
                let pid = try host.status().pids["full/0"]
                await host.killAgent()
                try await host.startAgent()
                try await host.until("a new agent knows it, too", seconds: 60) { finding($0) != nil }
                #expect(mount(nil, output, nil, UInt(MS_REMOUNT), "size=8m") == 0)
                Files.write(host.workspace("full/0") + "/go", "")
                let after = try await host.until("it is over by itself", seconds: 60) { finding($0) == nil }
                #expect(after.pids["full/0"] == pid)
                let lost = try #require(after["full/0"]?.json["lostLogBytes"].int)
                #expect(lost > 50_000)
                let told = try host.events().map(\.message)
                #expect(told.contains { $0.hasPrefix("full/0 is LogsLost: its standard output is lost") })
                #expect(told.contains { $0.contains("no longer; \(lost) bytes of its output are in no log") })
                #expect(
                    try await host.plumb("status", "full").output.contains(
                        "bytes of this run's output are in"))
                let records = try await host.plumb("logs", "full", "-n", "all", "-o", "json").output
                    .split(separator: "\n").map { try JSON(parsing: String($0)) }
                let gaps = records.filter { $0["type"].string == "gap" }
                #expect(gaps.compactMap { $0["lostBytes"].int }.reduce(0, +) == lost)
                #expect(gaps.allSatisfy { $0["reason"].string == "No space left on device" })
            }
        }
    }
}
