import CLinux
import Glibc
import KeeperProtocol
import TestKit
import Testing

@testable import KeeperCore

/// Whatever a workload writes to its notify socket, by mistake or to see what happens.
@Suite(.serialized) struct NotifyFuzzTests {
    private static let words = [
        "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1", "WATCHDOG=trigger", "WATCHDOG_USEC=20000",
        "EXTEND_TIMEOUT_USEC=1000", "STATUS=well", "MAINPID=1", "FDSTORE=1", "FDSTOREREMOVE=1", "FDNAME=a",
        "FDPOLL=0", "BARRIER=1", "ERRNO=2", "\n", "=", "\0",
    ]

    @Test(.survives(.garbage, "what a run says of itself"))
    func noWordsTrapWhoReadsThem() throws {
        var random = SplitMix(state: Attempt.seed("fuzz of notify messages"))
        var tries = 0
        for _ in Attempt.attempts(10) {
            var state = NotifyState()
            for _ in 0..<2000 {
                let count = Int.random(in: 0...4, using: &random)
                let lines = (0..<count).map { _ in
                    Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
                }
                var text = Array(lines.joined(separator: "\n").utf8)
                if Bool.random(using: &random) { text = Mutation.of(text, using: &random) }
                let message = text.withUnsafeBytes { NotifyMessage($0) }
                state.take(message, at: .random(in: 0...UInt64.max, using: &random))
                let frame = KeeperMessage.notified(state).encoded()
                #expect(frame.count <= WireLimits.messageBytesMax)
                #expect(try KeeperMessage(decoding: frame) == .notified(state))
                tries += 1
            }
        }
        Attempt.tried(tries)
    }

    /// As many as a keeper reads in about three seconds, and some with descriptors.
    @Test(.survives(.garbage, "a live notify socket", tries: 1500))
    func aKeeperServesOnThroughWhatItsRunSays() throws {
        let agent = TestAgent()
        defer { agent.cleanUp() }
        let path = agent.directory + "/n.sock"
        let socket = clinux_unix_datagram()
        #expect(clinux_unix_bind(socket, path) == 0)
        var spec = LaunchSpec.python(
            """
            import array, os, random, socket, time
            chance = random.Random(int(os.environ["SEED"]))
            words = [b"READY=1", b"WATCHDOG=", b"STATUS=", b"FDSTORE=1", b"FDNAME=", b"BARRIER=1", b"=", b"\\n"]
            line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            line.connect(os.environ["NOTIFY_SOCKET"])
            for _ in range(1500):
                text = b"\\n".join(chance.choice(words) for _ in range(chance.randrange(5)))
                text += chance.randbytes(chance.choice([0, 0, 1, 30, 5000]))
                files = [0] * chance.choice([0, 0, 0, 1, 2, 100])
                control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
                line.sendmsg([text], control)
            line.send(b"STATUS=end")
            time.sleep(1000)
            """)
        let seed = Attempt.seed("fuzz of a notify socket")
        spec.environment = ["NOTIFY_SOCKET=\(path)", "SEED=\(seed)", "PATH=/usr/bin:/bin"]
        let run = agent.start(spec, notify: socket)
        close(socket)
        run.waitUntilStarted()
        var isAtEnd = false
        while !isAtEnd, let message = run.next(within: 30) {
            if case .notified(let state) = message { isAtEnd = state.status == "end" }
        }
        #expect(isAtEnd, "the last word was not heard")
        // What it was given and could not use is closed.
        #expect(FuzzTests.entries(of: "/proc/\(run.keeper)/fd") < 40)
        run.send(.stop(steps: [.killTree]))
        #expect(run.waitForExit() != nil)
    }
}
