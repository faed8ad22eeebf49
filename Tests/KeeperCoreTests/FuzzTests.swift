import CLinux
import Glibc
import KeeperProtocol
import TestKit
import Testing

/// Bytes that nobody meant, for every decoder of the keeper's wire and records, and for a keeper and a zygote
/// that live. PLUMB_SEED repeats a run; `make soak` goes on for longer.
@Suite(.serialized) struct FuzzTests {
    /// In one attempt.
    private static let cases = 10_000
    /// What decoding may leave behind, malloc's own habits included.
    private static let residentKilobytesMax = 64 << 10

    @Test(.survives(.garbage, "decoders"))
    func noBytesTrapADecoder() throws {
        var random = SplitMix(state: Attempt.seed("fuzz of the decoders"))
        let before = residentKilobytes()
        var decoded = 0
        var tries = 0
        for _ in Attempt.attempts(10) {
            for _ in 0..<Self.cases {
                let frame = CodecTests.frames[Int.random(in: 0..<CodecTests.frames.count, using: &random)]
                let bytes = Mutation.of(frame.bytes, using: &random)
                if (try? frame.decode(bytes)) != nil { decoded += 1 }
                _ = bytes.withUnsafeBytes { LogIndexEntry($0, at: Int.random(in: -8...64, using: &random)) }
                tries += 1
            }
        }
        Attempt.tried(tries)
        print("\(tries) frames decoded, \(decoded) of them without an error")
        #expect(residentKilobytes() - before < Self.residentKilobytesMax)
    }

    @Test(.survives(.garbage, "a live keeper"))
    func aKeeperServesOnThroughGarbage() throws {
        let agent = TestAgent()
        defer { agent.cleanUp() }
        let run = agent.start(.shell("sleep 300"))
        run.waitUntilStarted()
        var random = SplitMix(state: Attempt.seed("fuzz of a keeper"))
        let descriptors = Self.entries(of: "/proc/\(run.keeper)/fd")
        let harmless = CodecTests.agentMessages.filter { message in
            switch message {
            case .hello, .updatePolicy, .acknowledgeExit, .ping: true
            default: false
            }
        }.map { $0.encoded() }
        var tries = 0
        for _ in Attempt.attempts(10) {
            for _ in 0..<50 {
                tries += 1
                let socket = clinux_unix_seqpacket()
                guard clinux_unix_connect(socket, run.socketPath) == 0 else {
                    close(socket)
                    continue
                }
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let frame = harmless[Int.random(in: 0..<harmless.count, using: &random)]
                    var bytes = Mutation.of(frame, using: &random)
                    // A frame that became a valid stop or signal would be obeyed, as it should be.
                    if bytes.count > 5, [33, 34].contains(bytes[4]), bytes[5] == 0 { bytes[4] = 200 }
                    _ = clinux_send(socket, bytes, bytes.count, nil, 0, 1)
                }
                close(socket)
            }
            run.send(.ping(token: 77))
            #expect(pong(run, 77), "it does not answer any more")
        }
        Attempt.tried(tries)
        eventually("it holds no more than before") {
            Self.entries(of: "/proc/\(run.keeper)/fd") <= descriptors
        }
        run.send(.stop(steps: [.killTree]))
        #expect(run.waitForExit() != nil)
    }

    @Test(.survives(.garbage, "a live zygote"))
    func aZygoteServesOnThroughGarbage() throws {
        let agent = TestAgent()
        defer { agent.cleanUp() }
        var random = SplitMix(state: Attempt.seed("fuzz of a zygote"))
        _ = agent.start(.shell("exit 0"), slot: "first").waitForExit()
        let descriptors = Self.entries(of: "/proc/\(agent.zygote)/fd")
        let valid = ZygoteRequest(requestID: 1, descriptors: ZygoteRequest.runDescriptors).encoded()
        var spec = LaunchSpec(runID: "fuzz", executable: "/nonexistent/program", arguments: ["program"])
        spec.environment = ["A=1", "TOKEN=hunter2"]
        spec.workingDirectory = "/"
        spec.nofile = ResourceLimit(soft: 100, hard: 200)
        spec.policy = CodecTests.fullSpec.policy
        spec.socketName = "fuzz.sock"
        var tries = 0
        for attempt in Attempt.attempts(10) {
            for _ in 0..<50 {
                tries += 1
                let bytes = Mutation.of(valid, using: &random)
                let null = (0..<Int.random(in: 0...6, using: &random)).map { _ in open("/dev/null", O_RDWR) }
                _ = clinux_send(agent.requests, bytes, bytes.count, null, null.count, 0)
                for descriptor in null { close(descriptor) }
                // A specification that nobody meant, in a request that is as it should be.
                let run = agent.request(Mutation.of(spec.encoded(), using: &random), slot: "fuzz")
                while let message = run.next(within: 5) {
                    if case .exited = message { run.send(.acknowledgeExit) }
                }
                run.disconnect()
                eventually("its keeper lets go of the slot") { !run.isLocked }
            }
            agent.forgetReplies()
            let run = agent.start(.shell("exit 7", runID: "well-\(attempt)"), slot: "well")
            #expect(run.waitForExit()?.cause == .exited(code: 7), "it does not serve any more")
        }
        Attempt.tried(tries)
        eventually("no keeper is left") { descendantCount(of: agent.zygote) == 0 }
        #expect(Self.entries(of: "/proc/\(agent.zygote)/fd") == descriptors)
    }

    private func pong(_ run: TestRun, _ wanted: UInt64) -> Bool {
        while let message = run.next() {
            if case .pong(wanted, _) = message { return true }
        }
        return false
    }

    private func residentKilobytes() -> Int {
        let status = (readFile("/proc/self/status") ?? "").split(separator: "\n")
        return status.first { $0.hasPrefix("VmRSS") }.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    static func entries(of path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count - 2
    }
}

/// Frames that are nearly right.
enum Mutation {
    static func of(_ frame: [UInt8], using random: inout SplitMix) -> [UInt8] {
        var bytes = frame
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return noise(Int.random(in: 0...96, using: &random), &random)
        case 1: bytes = [UInt8](bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
        case 2:
            bytes.insert(contentsOf: noise(8, &random), at: Int.random(in: 0...bytes.count, using: &random))
        case 3:
            // A length somewhere in the frame becomes an extreme one.
            let extremes: [UInt32] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffa]
            let value = extremes[Int.random(in: 0..<extremes.count, using: &random)]
            put(value, at: Int.random(in: 0...max(bytes.count - 4, 0), using: &random), &bytes)
        case 4:
            // A field stands there twice.
            let start = min(8, bytes.count)
            bytes += bytes[start...].prefix(Int.random(in: 0...64, using: &random))
        default:
            guard !bytes.isEmpty else { return bytes }
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
        }
        // Half of them have the right length, and a checksum that fits, so that what is behind is reached.
        if bytes.count >= 12, Bool.random(using: &random) {
            put(UInt32(bytes.count), at: 0, &bytes)
            let sum = bytes.dropLast(4).withUnsafeBytes { Checksum.crc32c($0) }
            put(sum, at: bytes.count - 4, &bytes)
        }
        return bytes
    }

    private static func put(_ value: UInt32, at place: Int, _ bytes: inout [UInt8]) {
        for index in 0..<4 where place + index < bytes.count {
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
        }
    }

    private static func noise(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255, using: &random) }
    }
}
