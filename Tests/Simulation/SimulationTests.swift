import Foundation
import TestKit
import Testing

/// Many seeded worlds. A failure prints its seed; PLUMB_SEED=n in the environment runs that one alone and
/// tells what happened in it.
struct SimulationTests {
    private static let chosen = ProcessInfo.processInfo.environment["PLUMB_SEED"].flatMap { UInt64($0) }
    private static let seeds: [UInt64] = chosen.map { [$0] } ?? Array(1...200) + found
    /// Worlds in which something was found once.
    private static let found: [UInt64] = [
        12_916_759_972_124_608_643, 15_285_492_973_360_310_336, 3_703_363_731_166_218_389,
        14_933_575_378_392_211_578, 3_073_364_956_577_159_648, 3_558_416_768_330_426_677,
        2_532_152_522_409_596_008, 17_598_689_600_365_949_320, 8_312_833_035_603_684_088,
        11_775_474_070_867_840_884, 1_574_733_268_703_455_386,
    ]

    @Test(
        "invariants hold and every world comes to rest", .survives(.randomWorlds), arguments: seeds)
    func world(seed: UInt64) { live(seed) }

    @Test(
        "worlds of new seeds, under make soak", .survives(.randomWorlds, "of new seeds"),
        .enabled(if: Soak.seconds != nil, "new worlds are looked for by make soak; the suite has its own 200")
    )
    func manyWorlds() {
        var seeds = SeededRandom(seed: Attempt.seed("seed of the seeds of worlds"))
        for _ in Attempt.attempts(20) { live(seeds.next()) }
    }

    @Test(
        "no time of a Schedule is run twice, and none is lost, though the agent dies", arguments: [1, 2])
    func schedules(seed: UInt64) { live(seed, schedules: 30, for: .seconds(8 * 3_600)) }

    @Test(
        "a week of 500 Schedules, under make soak",
        .enabled(if: Soak.seconds != nil, "a week of 500 Schedules is lived by make soak"))
    func weekOfSchedules() {
        var seeds = SeededRandom(seed: Attempt.seed("seed of the weeks of Schedules"))
        for _ in Attempt.attempts(1) { live(seeds.next(), schedules: 500, for: .seconds(7 * 86_400)) }
    }

    private func live(_ seed: UInt64, schedules count: Int, for time: Duration) {
        var simulation = ScheduleSimulation(seed: seed, schedules: count)
        do {
            try simulation.run(for: time, death: .seconds(300))
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    private func live(_ seed: UInt64) {
        var simulation = Simulation(seed: seed)
        do {
            try simulation.run()
        } catch {
            let trace = simulation.trace.suffix(Self.chosen == nil ? 12 : 400).joined(separator: "\n")
            Issue.record("PLUMB_SEED=\(seed): \(error)\n\(trace)")
        }
    }
}
