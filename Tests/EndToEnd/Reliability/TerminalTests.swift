import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Terminal") struct Terminal {
        /// Runs a command in a terminal of its own; does with that terminal what the file `act` says, and
        /// writes to `end` how the command ended.
        private static let script = """
            import os, pty, select, sys, time
            root = sys.argv[1]
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvp(sys.argv[2], sys.argv[2:])
            open(root + "/pid", "w").write(f"{pid}\\n")
            while True:
                if terminal is not None and select.select([terminal], [], [], 0.02)[0]:
                    try:
                        os.read(terminal, 4096)
                    except OSError:
                        os.close(terminal)
                        terminal = None
                if os.path.exists(root + "/act"):
                    act = open(root + "/act").read()
                    os.unlink(root + "/act")
                    if act == "interrupt":
                        os.write(terminal, b"\\x03")
                    else:
                        os.close(terminal)
                        terminal = None
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    open(root + "/end.new", "w").write(str(status))
                    os.rename(root + "/end.new", root + "/end")
                    break
                if terminal is None:
                    time.sleep(0.02)
            """

        @Test(
            "Ctrl-C and hang-up end the agent alone", .survives(.terminal),
            arguments: ["interrupt", "hang-up"])
        func ends(by act: String) async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    ["u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a"), "b.yaml": Lonely.instance("b")])
                let terminal = try ChildProcess(
                    ["python3", "-c", Self.script, host.root] + host.agentCommand(),
                    environment: host.environment, directory: host.root, output: host.agentLog,
                    errors: host.agentLog)
                let before = try await host.settled("a/0", "b/0").pids
                let zygote = host.processes.first { $0.isZygote && !before.values.contains($0.pid) }
                #expect(zygote != nil)
                Files.write(host.root + "/act.new", act)
                rename(host.root + "/act.new", host.root + "/act")
                try await eventually("the agent has ended", seconds: 20) { Files.exists(host.root + "/end") }
                _ = await terminal.end(within: .seconds(5))
                if act == "interrupt" {
                    #expect(Files.text(host.root + "/end") == "0", "Ctrl-C ends it well")
                }
                #expect(before.values.allSatisfy { ProcessTable.isAlive($0) })
                try await host.startAgent()
                let after = try await host.settled("a/0", "b/0")
                #expect(after.pids == before)
                #expect(after.replicas.values.allSatisfy { $0.restarts == 0 })
            }
        }
    }
}
