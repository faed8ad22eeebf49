import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Example") struct Example {
        private static let directory = Binaries.sourceTree + "/examples/units"

        @Test("examples/units is valid, and comes up whole and ready") func comesUp() async throws {
            try await withHost { host in
                let valid = try await host.plumb("validate", Self.directory)
                #expect(valid.code == 0, "\(valid.output)\(valid.errors)")

                // Its ports are fixed, for people; here they must be free.
                let web = try Ports.free(count: 2)
                let queue = try Ports.free()
                for path in Files.tree(Self.directory) {
                    let text = (Files.text(path) ?? "").replacing("18080", with: "\(web)")
                        .replacing("18070", with: "\(queue)")
                    let mode = Files.mode(path) ?? 0
                    try host.repository.write(
                        String(path.dropFirst(Self.directory.count + 1)), text, executable: mode & 0o100 != 0)
                }
                try host.commit("Declare the shop")
                try await host.startAgent(onExit: "stop")
                let status = try await host.until("every replica is ready", seconds: 60) {
                    let replicas = $0.replicas.values
                    return replicas.count == 5 && replicas.allSatisfy { $0.isReady && $0.isSynced }
                }
                #expect(status.condition("Synced") != nil)
                #expect(status.json["summary"]["ready"].int == status.json["summary"]["desired"].int)
                #expect(status["migrate/0"]?.phase == "Succeeded")
                for index in 0..<2 {
                    let page = try HTTPExchange.ask("/", at: .port(web + UInt16(index)))
                    #expect(page.status == 200)
                    #expect(page.text.contains("web/\(index)"), "\(page.text)")
                }
                #expect(try HTTPExchange.ask("/orders", method: "POST", at: .port(web)).status == 202)
                #expect(await host.stopAgent() == .exited(0))
                try await eventually("nothing is left", seconds: 10) { host.processes.isEmpty }
            }
        }
    }
}
