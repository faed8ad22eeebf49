import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

@Suite(.serialized) struct LoadTests {
    @Test func threeHundredStartsAtTheSameTime() async throws {
        let count = 300
        try await withHost { host in
            for cycle in 1...2 {
                let seen = host.events.count
                let begun = Instant.current
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<count {
                        group.addTask { try await host.start(shell(sleeper), index: index) }
                    }
                    try await group.waitForAll()
                }
                let handedOver = Instant.current - begun
                await eventually("all execute", within: .seconds(30)) {
                    host.events[seen...].count { if case .started = $0 { true } else { false } } == count
                }
                print(
                    "cycle \(cycle), \(count) starts: given \(handedOver), ran \(Instant.current - begun)"
                )
                let runs = host.supervisor.table.withLock { Array($0.runs.keys) }
                for run in runs { host.supervisor.stop(run, policy: StopPolicy()) }
                await eventually("all end", within: .seconds(30)) {
                    host.events[seen...].count { if case .exited = $0 { true } else { false } } == count
                }
                for run in runs { await host.supervisor.acknowledge(run) }
                print("cycle \(cycle): \(count) stopped after \(Instant.current - begun)")
            }
        }
    }
}
