import CLinux
import Glibc
import KeeperProtocol
import TestKit
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

    @Test(.survives(.cycles, "zygote alone", tries: 2000)) func nothingGrowsWithTheNumberOfRuns() throws {
        defer { agent.cleanUp() }
        var before = (descriptors: 0, kilobytes: 0)
        for cycle in 0..<2000 {
            let run = agent.start(.shell("exit 0", runID: "run-\(cycle)"))
            #expect(run.waitForExit() != nil)
            #expect(run.next() == nil)
            run.disconnect()
            // The first runs fill what the runtime and malloc keep for later.
            if cycle == 100 { before = zygoteSize() }
        }
        let after = zygoteSize()
        #expect(after.descriptors == before.descriptors)
        #expect(after.kilobytes <= before.kilobytes + 64)
        #expect(entries(of: agent.directory + "/k") == 0)
        eventually("no keeper is left") { descendantCount(of: agent.zygote) == 0 }
    }

    private func zygoteSize() -> (descriptors: Int, kilobytes: Int) {
        let status = (readFile("/proc/\(agent.zygote)/status") ?? "").split(separator: "\n")
        let resident = status.first { $0.hasPrefix("VmRSS") }.flatMap { Int($0.filter { $0.isNumber }) } ?? 0
        return (entries(of: "/proc/\(agent.zygote)/fd"), resident)
    }

    private func entries(of path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count - 2
    }

    private func privateKilobytes(of pid: pid_t) -> Int {
        (readFile("/proc/\(pid)/smaps_rollup") ?? "").split(separator: "\n")
            .filter { $0.hasPrefix("Private_") }
            .compactMap { Int($0.filter { $0.isNumber }) }
            .reduce(0, +)
    }
}
