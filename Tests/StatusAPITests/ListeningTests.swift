import Foundation
import Reconciler
import Testing

@testable import StatusAPI

@Suite struct ListeningTests {
    let directory = TemporaryDirectory()

    @Test func theLocalSocketServesThePlannersInput() async throws {
        let path = directory.path + "/plumb.sock"
        try await withServer(socket: path) { at in
            #expect(at.socket == path)
            // The host is of no matter here; the path is.
            let reply = try await Connection(socket: path).ask("/v1/planner", host: "plumb")
            #expect(reply.status == 200)
            let input = try PlannerInput.decode(reply.body)
            #expect(input.node == Node(name: "edge-1", labels: ["zone": "a"]))
            #expect(input.desired?.instances.keys.sorted() == ["broken", "db", "web"])
            #expect(input.observed.runs.count == 4)
            #expect(input.memory.instances["broken"]?.replicas[0]?.restarts == 4)
            #expect(try await Connection(socket: path).ask("/v1/status", host: "plumb").status == 200)
            // Neither what the planner looks at, nor the command lines of whoever runs here.
            for path in ["/v1/planner", "/v1/instances/web/proctree"] {
                #expect(try await Connection(port: at.port).ask(path).status == 404)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func aLongPathIsNoObstacle() async throws {
        let folder = directory.path + "/" + String(repeating: "d", count: 200)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/plumb.sock"
        try await withServer(socket: path) { _ in
            let reply = try await Connection(socket: path).ask("/healthz", host: "plumb")
            #expect(reply.text == "ok\n")
        }
    }

    @Test func onlyUserAndGroupMayConnect() async throws {
        let path = directory.path + "/plumb.sock"
        try await withServer(socket: path) { _ in
            var info = stat()
            #expect(stat(path, &info) == 0)
            let hasGroup = getgrnam("plumb") != nil
            #expect(info.st_mode & 0o777 == (hasGroup ? 0o660 : 0o600))
        }
    }

    @Test func aStaleSocketIsReplacedAndALiveOneIsNot() async throws {
        let path = directory.path + "/plumb.sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(descriptor)
        try await withServer(socket: path) { _ in
            await #expect(throws: StatusServerError.socketInUse(path)) {
                try await withServer(socket: path) { _ in }
            }
            let reply = try await Connection(socket: path).ask("/healthz", host: "plumb")
            #expect(reply.status == 200)
        }
    }

    @Test func aFileInTheWayIsNotTouched() async throws {
        let path = directory.path + "/plumb.sock"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        await #expect(throws: StatusServerError.self) { try await withServer(socket: path) { _ in } }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        await #expect(throws: StatusServerError.self) {
            try await withServer(socket: directory.path + "/none/plumb.sock") { _ in }
        }
    }

    @Test func aPortInUseIsNamed() async throws {
        try await withServer { at in
            let second = StatusServer(
                configuration: StatusConfiguration(
                    listen: at.address, socket: directory.path + "/plumb.sock"),
                source: SampleSource())
            await #expect(throws: StatusServerError.addressInUse(at.address)) { try await second.run() }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test(arguments: [
        ("0.0.0.0:7420", StatusServerError.notLoopback("0.0.0.0:7420")),
        ("[::]:7420", .notLoopback("[::]:7420")),
        ("example.org:80", .badAddress("example.org:80")), ("10.1.2.3:80", .notLoopback("10.1.2.3:80")),
        ("7420", .badAddress("7420")), (":7420", .badAddress(":7420")), ("::1:7420", .badAddress("::1:7420")),
        ("localhost:70000", .badAddress("localhost:70000")), ("localhost:", .badAddress("localhost:")),
    ])
    func onlyLoopbackIsListenedOn(text: String, expected: StatusServerError) async throws {
        let server = StatusServer(configuration: StatusConfiguration(listen: text), source: SampleSource())
        await #expect(throws: expected) { try await server.run() }
    }

    @Test func theEndIsPrompt() async throws {
        let clock = ContinuousClock()
        var idle: Connection?
        let time = try await clock.measure {
            try await withServer(socket: directory.path + "/plumb.sock") { at in
                // A client that keeps its connection, and one in the middle of a request.
                let first = try Connection(port: at.port)
                #expect(try await first.ask("/healthz").status == 200)
                first.send("GET /v1/status HTT")
                idle = first
            }
        }
        #expect(time < .seconds(5))
        #expect(try await idle?.isAtEnd() == true)
    }
}
