import Glibc
import Synchronization
package import Testing

extension Trait where Self == Survives {
    /// The test tries one of the perils, so many times; its result is a line of the table of `make test`.
    package static func survives(_ peril: Peril, _ detail: String = "", tries: Int = 1) -> Survives {
        Survives(peril: peril, detail: detail, tries: tries)
    }
}

/// Enters what became of a test into the table that is printed when the process ends.
package struct Survives: TestTrait, TestScoping {
    let peril: Peril
    let detail: String
    let tries: Int

    package func prepare(for test: Test) async throws {
        // Whatever skips the test comes after this one: it stands in the table as not tried.
        SurvivalTable.announce(peril, detail)
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let attempt = Attempt(tries: tries)
        let noticing = IssueHandlingTrait.compactMapIssues { issue in
            attempt.fail()
            return issue
        }
        defer { SurvivalTable.enter(peril, detail, attempt) }
        do {
            try await noticing.provideScope(for: test, testCase: testCase) {
                try await Attempt.$current.withValue(attempt) { try await function() }
            }
        } catch {
            attempt.fail()
            throw error
        }
    }
}

/// What the test that runs at the moment has tried so far.
package final class Attempt: Sendable {
    private struct State {
        var tries: Int
        var isFailed = false
        var seed: UInt64?
    }
    private let state: Mutex<State>

    @TaskLocal static var current: Attempt?

    init(tries: Int) { state = Mutex(State(tries: tries)) }

    func fail() { state.withLock { $0.isFailed = true } }

    var result: (tries: Int, isFailed: Bool, seed: UInt64?) {
        state.withLock { ($0.tries, $0.isFailed, $0.seed) }
    }

    /// How often the test tried, where that is known only once it ran.
    package static func tried(_ count: Int) { current?.state.withLock { $0.tries = count } }

    /// The seed of this test: PLUMB_SEED, or one by chance. Printed, and in the table where the test fails.
    package static func seed(_ what: String) -> UInt64 {
        let given = getenv("PLUMB_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        current?.state.withLock { $0.seed = seed }
        print("\(what): PLUMB_SEED=\(seed)")
        return seed
    }

    /// The numbers from 1 to `count`; under `make soak` as many as there is time for.
    package static func attempts(_ count: Int) -> Attempts { Attempts(count: count) }
}

/// See `Attempt.attempts`.
package struct Attempts: Sequence, IteratorProtocol {
    private let count: Int
    private var number = 0
    private let end = Soak.seconds.map { ContinuousClock.now + .seconds($0) }

    init(count: Int) { self.count = count }

    package mutating func next() -> Int? {
        guard end.map({ ContinuousClock.now < $0 }) ?? (number < count) else {
            Attempt.tried(number)
            return nil
        }
        number += 1
        return number
    }
}

/// `make soak` gives each random test so many seconds of its own.
package enum Soak {
    package static let seconds: Double? = getenv("PLUMB_SOAK_SECONDS").flatMap { Double(String(cString: $0)) }
}
