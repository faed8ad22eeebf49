import Glibc
import KeeperProtocol
import TestKit
import Testing

@Suite struct CodecTests {
    static let fullSpec: LaunchSpec = {
        var spec = LaunchSpec(runID: "01J", executable: "/bin/server", arguments: ["server", "", "-v"])
        spec.bootID = "b00t"
        spec.environment = ["A=1", "TOKEN=hunter2", "EMPTY="]
        spec.workingDirectory = "/srv"
        spec.user = 1000
        spec.group = 1001
        spec.supplementaryGroups = [4, 5, .max]
        spec.umask = 0o027
        spec.nofile = ResourceLimit(soft: 1024, hard: .max)
        spec.core = ResourceLimit(soft: 0, hard: 0)
        spec.noNewPrivileges = true
        spec.policy = KeeperPolicy(
            stopSteps: [
                .signal(SIGINT, graceMilliseconds: 10), .signal(SIGTERM, graceMilliseconds: 20), .killTree,
            ],
            logLimits: LogLimits(sizeBytesMax: 12345, filesMax: 3))
        spec.cgroups.tasksDirectories = ["/sys/fs/cgroup/cpu/x", "/sys/fs/cgroup/memory/x"]
        spec.cgroups.unifiedDirectory = "/sys/fs/cgroup/unified/x"
        spec.cgroups.killDirectory = "/sys/fs/cgroup/unified/x"
        spec.cgroups.oomCounterFile = "/sys/fs/cgroup/memory/x/memory.oom_control"
        spec.socketName = "01J.sock"
        return spec
    }()

    static let identity = RunIdentity(
        runID: "01J", bootID: "b00t", keeper: ProcessIdentity(pid: 10, startTicks: 99),
        child: ProcessIdentity(pid: 11, startTicks: .max), startedAtWall: 1, startedAtBoot: 2)

    static let exits: [ExitRecord] = {
        let causes: [ExitCause] = [
            .exited(code: 3), .signaled(9, coreDumped: true), .lostBeforeExec,
            .execFailed(step: .user, errno: EPERM),
        ]
        return causes.map { cause in
            var record = ExitRecord(runID: String(repeating: "r", count: WireLimits.idBytesMax), cause: cause)
            record.bootID = String(repeating: "b", count: WireLimits.idBytesMax)
            record.oomKills = 2
            record.wasKilledForMemory = true
            record.treeProvenEmpty = false
            record.stdout = StreamTotals(loggedBytes: 5, lostBytes: 6)
            record.stderr = StreamTotals(loggedBytes: 7, lostBytes: 8)
            record.userNanoseconds = 1
            record.rssBytesMax = .max
            return record
        }
    }()

    static let agentMessages: [AgentMessage] = [
        .hello(version: 1), .stop(steps: nil), .stop(steps: []), .stop(steps: [.killTree]),
        .signal(SIGHUP), .updatePolicy(fullSpec.policy), .acknowledgeExit, .ping(token: 77),
        .updatePolicy(KeeperPolicy(logLimits: LogLimits(ageMax: 86_400_000_000_000))),
    ]

    static let keeperMessages: [KeeperMessage] =
        [
            .identity(identity), .started, .execFailed(step: .cgroup, errno: EBUSY), .treeUnproven,
            .memoryKills(total: 3),
            .logGap(stream: .stderr, lostBytes: 4096),
            .logTrouble(stream: .stdout, loss: .refused(errno: ENOSPC), since: 1_795_000_000_000_000_000),
            .logTrouble(stream: .stderr, loss: nil, since: 0),
            .pong(token: 5, status: KeeperStatus(phase: .stopping, stdout: StreamTotals(loggedBytes: 9))),
        ] + exits.map { .exited($0) }

    struct Frame: Sendable {
        let bytes: [UInt8]
        let decode: @Sendable ([UInt8]) throws -> Void
    }

    /// Every kind of frame with what decodes it.
    static let frames: [Frame] = {
        let request = ZygoteRequest(requestID: 1, descriptors: ZygoteRequest.runDescriptors)
        let reply = ZygoteReply(requestID: 1, outcome: .forked(keeper: 2))
        let probe = ProbeResult(outcome: .exited(code: 1), output: [1, 2])
        var frames = [
            Frame(bytes: fullSpec.encoded()) { _ = try LaunchSpec(decoding: $0) },
            Frame(bytes: fullSpec.record(redacting: ["TOKEN"])) { _ = try LaunchSpec(record: $0) },
            Frame(bytes: identity.record()) { _ = try RunIdentity(record: $0) },
            Frame(bytes: reply.encoded()) { _ = try ZygoteReply(decoding: $0) },
            Frame(bytes: probe.encoded()) { _ = try ProbeResult(decoding: $0) },
        ]
        frames.append(
            Frame(bytes: request.encoded()) { bytes in
                _ = try bytes.withUnsafeBytes { try ZygoteRequest(decoding: $0) }
            })
        for record in exits {
            frames.append(Frame(bytes: record.record()) { _ = try ExitRecord(record: $0) })
        }
        for message in agentMessages {
            frames.append(Frame(bytes: message.encoded()) { _ = try AgentMessage(decoding: $0) })
        }
        for message in keeperMessages {
            frames.append(Frame(bytes: message.encoded()) { _ = try KeeperMessage(decoding: $0) })
        }
        return frames
    }()

    @Test func everythingComesBackAsItWas() throws {
        #expect(try LaunchSpec(decoding: Self.fullSpec.encoded()) == Self.fullSpec)
        var probe = LaunchSpec(runID: "p", executable: "/bin/true", arguments: ["true"])
        probe.mode = .probe(timeoutMilliseconds: 1500)
        #expect(try LaunchSpec(decoding: probe.encoded()) == probe)
        #expect(try RunIdentity(record: Self.identity.record()) == Self.identity)
        for record in Self.exits { #expect(try ExitRecord(record: record.record()) == record) }
        for message in Self.agentMessages {
            #expect(try AgentMessage(decoding: message.encoded()) == message)
            #expect(message.encoded().count <= WireLimits.commandBytesMax)
        }
        for message in Self.keeperMessages {
            #expect(try KeeperMessage(decoding: message.encoded()) == message)
            #expect(message.encoded().count <= WireLimits.messageBytesMax)
        }
        for outcome: ProbeResult.Outcome in [
            .exited(code: 0), .signaled(9), .timedOut, .execFailed(step: .execute, errno: ENOENT),
        ] {
            let result = ProbeResult(outcome: outcome, output: [1, 2, 3])
            #expect(try ProbeResult(decoding: result.encoded()) == result)
        }
    }

    @Test func zygoteRequestKeepsUnknownRolesInTheirPlaces() throws {
        let request = ZygoteRequest(requestID: 7, descriptors: [.lock, nil, .spec])
        let decoded = try request.encoded().withUnsafeBytes { try ZygoteRequest(decoding: $0) }
        #expect(decoded == request)
    }

    @Test func longestExitRecordFitsItsSector() {
        for record in Self.exits { #expect(record.record().count == ExitRecord.fileBytes) }
    }

    @Test func specRecordHoldsNoSecret() throws {
        let record = try LaunchSpec(record: Self.fullSpec.record(redacting: ["TOKEN"]))
        #expect(record.environment == ["A=1", "TOKEN=", "EMPTY="])
        #expect(record.arguments == Self.fullSpec.arguments)
    }

    @Test func checksumIsCRC32C() {
        let check = Array("123456789".utf8).withUnsafeBytes { Checksum.crc32c($0) }
        #expect(check == 0xE306_9283)
    }

    @Test func aRecordWithAnyBitFlippedIsRefused() {
        let whole = Self.exits[0].record()
        let length = Int(whole[0]) + Int(whole[1]) << 8
        for position in 4..<length {
            var torn = whole
            torn[position] ^= 0x10
            #expect(throws: WireError.self) { try ExitRecord(record: torn) }
        }
        #expect(throws: WireError.truncated) {
            try ExitRecord(record: Array(repeating: 0, count: ExitRecord.fileBytes))
        }
    }

    @Test func fieldsOfANewerVersionAreSkipped() throws {
        let extra: [UInt8] = [0xEE, 0xFF, 3, 0, 0, 0, 1, 2, 3]
        for frame in Self.frames where !(16...18).contains(frame.bytes[4]) {
            var newer = frame.bytes + extra
            let length = UInt32(newer.count)
            for index in 0..<4 { newer[index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
            newer[6] = 200
            try frame.decode(newer)
        }
        #expect(try AgentMessage(decoding: [8, 0, 0, 0, 0xFF, 0x7F, 9, 0]) == .unknown(type: 0x7FFF))
        #expect(try KeeperMessage(decoding: [8, 0, 0, 0, 0xFF, 0x7F, 9, 0]) == .unknown(type: 0x7FFF))
    }

    @Test(.survives(.garbage, "frames cut at every length"))
    func truncationAtEveryLengthIsAnErrorAndNoTrap() {
        for frame in Self.frames {
            let bytes = frame.bytes
            let length = bytes[0..<4].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
            for count in 0..<length {
                #expect(throws: WireError.self) { try frame.decode(Array(bytes[0..<count])) }
                // The same with a header that claims to be whole.
                guard count >= 8 else { continue }
                var short = Array(bytes[0..<count])
                for index in 0..<4 { short[index] = UInt8(truncatingIfNeeded: count >> (8 * index)) }
                _ = try? frame.decode(short)
            }
        }
    }

    @Test func randomBytesNeverTrap() {
        let seed = UInt64.random(in: 0...(.max))
        print("CodecTests.randomBytesNeverTrap seed \(seed)")
        var random = SplitMix(state: seed)
        for _ in 0..<20_000 {
            let frame = Self.frames[Int.random(in: 0..<Self.frames.count, using: &random)]
            var bytes = frame.bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? frame.decode(bytes)
            let noise = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try? frame.decode(noise)
            _ = try? frame.decode([UInt8(8 + noise.count), 0, 0, 0, frame.bytes[4], 0, 1, 0] + noise)
        }
    }
}

/// A small generator that a printed seed can be given to again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
