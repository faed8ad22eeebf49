import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Config") struct Config {
        private static let fields = """
            config:
              fields:
                - {name: fps, type: int, min: 1, max: 60, default: 10}
                - {name: title, type: string, default: untitled}
                - {name: logLevel, type: string, default: info}
                - {name: tags, type: array, items: {type: string}, default: []}
            """

        /// Unit defaults < these files in order < the instance's own.
        private static func instance(_ name: String, title: String = "Mine") -> String {
            Declare.instance(
                name, of: name,
                "config: {title: \(title)}\nconfigFrom: [config/global.yaml, config/local.json]")
        }

        private static let files = [
            "config/global.yaml": "fps: 20\nlogLevel: debug\ntitle: Global\n",
            "config/local.json": "{\"fps\": 30, \"tags\": [\"x\", \"y\"]}\n",
        ]

        @Test("As variables, arguments and a file, merged from all layers") func renders() async throws {
            try await withHost { host in
                let show =
                    "for word; do echo \"$word\"; done > \"$PLUMB_WORKSPACE_DIR/args\"\nexec sleep 100000"
                var files = Self.files
                files["env.yaml"] = Declare.shell("env", show, Self.fields) + "---\n" + Self.instance("env")
                files["args.yaml"] =
                    Declare.unit(
                        "args",
                        "entry: {command: /bin/sh, args: [-c, '\(show.replacing("\n", with: ";"))', sh]}\n"
                            + Self.fields
                            + "\n  apply: {method: args}") + "---\n" + Self.instance("args")
                files["file.yaml"] =
                    Declare.shell("file", "exec sleep 100000", Self.fields + "\n  apply: {method: file}")
                    + "---\n"
                    + Self.instance("file")
                try host.commit("Declare", files)
                try await host.startAgent()
                let status = try await host.settled("env/0", "args/0", "file/0")

                let variables = ProcessTable.entry(status.pids["env/0"] ?? 0).environment
                #expect(
                    variables["FPS"] == "30" && variables["TITLE"] == "Mine"
                        && variables["LOG_LEVEL"] == "debug")
                var arguments: [String] = []
                try await eventually("args has written its arguments") {
                    arguments = Files.lines(host.workspace("args/0") + "/args")
                    return arguments.count >= 4
                }
                #expect(
                    arguments.contains { $0.contains("30") } && arguments.contains { $0.contains("Mine") })
                let path = try #require(
                    ProcessTable.entry(status.pids["file/0"] ?? 0).environment["PLUMB_CONFIG_PATH"])
                let content = try JSON(parsing: Files.bytes(path) ?? [])
                #expect(content["fps"].int == 30 && content["title"].string == "Mine")
                #expect(content["tags"].array == [.string("x"), .string("y")])

                try host.commit("Slow down", ["config/local.json": "{\"fps\": 5}\n"])
                let after = try await host.until("everybody has the new value") { status in
                    ["env/0", "args/0", "file/0"].allSatisfy { status.areSettled([$0]) }
                        && status.accepted != nil
                        && ProcessTable.entry(status.pids["env/0"] ?? 0).environment["FPS"] == "5"
                }
                #expect(after["env/0"]?.pid != status["env/0"]?.pid)
                let cause =
                    try host.events().last { $0.kind == "starting" && $0.replica == "env/0" }?.cause ?? ""
                #expect(cause.contains("fps 30 → 5") && cause.contains("config/local.json:1"), "\(cause)")
            }
        }

        @Test("A config file is rewritten and the process told, by SIGHUP") func reloads() async throws {
            try await withHost { host in
                let unit = Declare.shell(
                    "loader",
                    """
                    trap 'cp "$PLUMB_CONFIG_PATH" "$PLUMB_WORKSPACE_DIR/seen"' HUP
                    cp "$PLUMB_CONFIG_PATH" "$PLUMB_WORKSPACE_DIR/seen"
                    while :; do sleep 0.05; done
                    """, Self.fields + "\n  apply: {method: file}\nreload: {signal: SIGHUP}")
                var files = Self.files
                files["u.yaml"] = unit
                files["i.yaml"] = Self.instance("loader")
                try host.commit("Declare", files)
                try await host.startAgent()
                let before = try await host.settled("loader/0").pids
                let seen = host.workspace("loader/0") + "/seen"
                func title() -> String? {
                    Files.bytes(seen).flatMap { try? JSON(parsing: $0) }?["title"].string
                }
                try await eventually("it has read its config") { title() == "Mine" }

                try host.repository.write("i.yaml", Self.instance("loader", title: "Yours"))
                #expect(try await host.plumb("diff", "-o", "json").json()["counts"]["reload"].int == 1)
                try host.commit("Change the title")
                try await eventually("it has read its config again") { title() == "Yours" }
                let after = try await host.settled("loader/0")
                #expect(after.pids == before)
                #expect(after["loader/0"]?.restarts == 0)
                #expect(
                    try host.events().contains {
                        $0.kind == "reloaded" && $0.cause.contains("title \"Mine\" → \"Yours\"")
                    })
                await host.killAgent()
                try await host.startAgent()
                #expect(try await host.settled("loader/0").pids == before)
            }
        }
    }
}
