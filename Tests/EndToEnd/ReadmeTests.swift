import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// README's tour, played as it is written: what it shows has to be what one sees.
    @Suite("README") struct Readme {
        /// A command of the tour and what the page shows beneath it.
        struct Step {
            var command: String
            var shown: [String] = []
        }

        @Test("The five minutes of README are as they are written") func tour() async throws {
            let page = try #require(Files.text(Binaries.sourceTree + "/README.md"))
            let steps = Self.steps(of: page)
            #expect(steps.count >= 9, "the tour has become shorter: \(steps.map(\.command))")
            try await withHost { host in
                let ports = try Self.declare(host)
                try host.launchAgent(onExit: "stop", ["--node", "edge-1"])
                try await eventually("the agent answers", seconds: 60) {
                    (try? host.ask("/readyz").status) == 200
                }
                try await host.settled("web/0", "web/1", "queue/0", "worker/0")
                for step in steps { try await Self.play(step, on: host, ports) }
                #expect(await host.stopAgent() == .exited(0))
            }
        }

        /// The lines of code between the two headings.
        static func steps(of page: String) -> [Step] {
            guard let begin = page.firstRange(of: "\n## Five minutes"),
                let end = page.firstRange(of: "\n## What it does\n")
            else { return [] }
            var steps: [Step] = []
            for line in page[begin.upperBound..<end.lowerBound].split(separator: "\n") {
                guard line.hasPrefix("    ") else { continue }
                let text = String(line.dropFirst(4))
                if text.hasPrefix("$ ") {
                    steps.append(Step(command: String(text.dropFirst(2))))
                } else if !steps.isEmpty {
                    steps[steps.count - 1].shown.append(text)
                }
            }
            return steps
        }

        /// As `make demo` does, on ports that are free here.
        private static func declare(_ host: Host) throws -> [(String, String)] {
            let directory = Binaries.sourceTree + "/examples/units"
            let (web, queue) = (try Ports.free(count: 2), try Ports.free())
            let ports = [
                ("18080", "\(web)"), ("18081", "\(web + 1)"), ("18070", "\(queue)"),
            ]
            for path in Files.tree(directory) {
                let text = ports.reduce(Files.text(path) ?? "") { $0.replacing($1.0, with: $1.1) }
                try host.repository.write(
                    String(path.dropFirst(directory.count + 1)), text,
                    executable: (Files.mode(path) ?? 0) & 0o100 != 0)
            }
            try host.repository.git("config", "user.name", "Ann")
            try host.repository.git("config", "user.email", "ann@example.org")
            try host.commit("Declare the shop")
            return ports
        }

        private static func play(_ step: Step, on host: Host, _ ports: [(String, String)]) async throws {
            // What the text around it asks the reader to do.
            if step.command == ".demo/plumb diff", step.shown.first?.hasPrefix("Plan for") == true {
                _ = try await shell(
                    "sed -i 's/Welcome to the shop/Good morning/' .demo/repo/instances/web.yaml", host, ports)
            }
            if step.command.contains("# after kill -9") {
                await host.killAgent()
                try host.launchAgent(onExit: "stop", ["--node", "edge-1"])
                try await eventually("the next agent answers", seconds: 60) {
                    (try? host.ask("/readyz").status) == 200
                }
            }
            // What changes something is done once; whoever only looks may look again until it has come.
            var said = try await shell(step.command, host, ports)
            if step.command.hasPrefix(".demo/plumb") || step.command.hasPrefix("curl") {
                _ = try? await eventually("what README shows", seconds: 40) {
                    if isShown(step.shown, in: said) { return true }
                    said = try await shell(step.command, host, ports)
                    return isShown(step.shown, in: said)
                }
            }
            #expect(
                isShown(step.shown, in: said),
                """
                README.md shows after `\(step.command)`:
                \(step.shown.joined(separator: "\n"))
                and it is:
                \(said)
                """)
        }

        /// Both streams as a terminal mixes them, with the ports of the page.
        private static func shell(
            _ command: String, _ host: Host, _ ports: [(String, String)]
        ) async throws -> String {
            var line = command.replacing(".demo/plumb", with: Binaries.plumb)
                .replacing(".demo/repo", with: host.repository.path)
                // Its progress is for terminals.
                .replacing("curl ", with: "curl -s ")
            for (page, here) in ports { line = line.replacing(page, with: here) }
            let name = host.root + "/tour"
            // Output is appended to what is there.
            unlink(name)
            let child = try ChildProcess(
                ["sh", "-c", "cd '\(host.repository.path)' && " + line],
                environment: host.environment.merging(["COLUMNS": "150", "TZ": "UTC"]) { $1 },
                directory: host.root, output: name, errors: name)
            guard await child.end(within: .seconds(30)) != nil else {
                throw Host.Failure(description: "`\(command)` does not end")
            }
            return ports.reduce(Files.text(name) ?? "") { $0.replacing($1.1, with: $1.0) }
        }

        /// Every part of the page between two `…` stands in what was said, in that order; without one it is
        /// all.
        private static func isShown(_ shown: [String], in said: String) -> Bool {
            let text = plain(said)
            let parts = shown.joined(separator: "\n").split(separator: "…").map { plain(String($0)) }
            guard parts.count > 1 || shown.contains(where: { $0.contains("…") }) else {
                return parts.first ?? "" == text
            }
            var rest = text[...]
            for part in parts where !part.isEmpty {
                guard let found = rest.firstRange(of: part) else { return false }
                rest = rest[found.upperBound...]
            }
            return true
        }

        /// Without what is this run's own: times, ages, ids, numbers of processes, and the width of columns.
        private static func plain(_ text: String) -> String {
            var text = text
            text.replace(#/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/#, with: "TIME")
            text.replace(#/@[0-9a-f]{7}\b/#, with: "@REV")
            text.replace(#/\(([0-9a-f]{7})\)/#, with: "(REV)")
            text.replace(#/\b[0-9a-f]{20}\b/#, with: "RUN")
            text.replace(#/plan [0-9a-f]{4}-[0-9a-f]{4}/#, with: "plan HASH")
            text.replace(#/pid \d+/#, with: "pid N")
            text.replace(#/healthy +\d+ +/#, with: "healthy N ")
            text.replace(#/\b\d+(ms|s|m|h)(\d+s)?\b/#, with: "AGE")
            return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }
}
