import CLinux
import Glibc
import KeeperProtocol
import Testing

/// What a keeper costs. Printed, not asserted: the numbers belong to the machine.
@Suite(.serialized) struct CostTests {
    let agent = TestAgent()

    @Test func memoryOfAKeeper() throws {
        defer { agent.cleanUp() }
        let runs = (0..<20).map { number in
            agent.start(.shell("echo hello; exec sleep 60", runID: "run-\(number)"), slot: "s-\(number)")
        }
        for run in runs {
            run.waitUntilStarted()
            eventually("it has written") { run.output() == "hello\n" }
        }
        let kilobytes = runs.map { privateKilobytes(of: $0.keeper) }.sorted()
        print(
            "private memory of a keeper: median \(kilobytes[10]) kB, most \(kilobytes[19]) kB;",
            "zygote \(privateKilobytes(of: agent.zygote)) kB")
        for run in runs { run.send(.stop(steps: [.killTree])) }
        for run in runs { #expect(run.waitForExit() != nil) }
    }

    private func privateKilobytes(of pid: pid_t) -> Int {
        (readFile("/proc/\(pid)/smaps_rollup") ?? "").split(separator: "\n")
            .filter { $0.hasPrefix("Private_") }
            .compactMap { Int($0.filter { $0.isNumber }) }
            .reduce(0, +)
    }
}
