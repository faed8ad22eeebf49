import Testing

/// A condition that did not come true in time.
struct Overdue: Error, CustomStringConvertible { let description: String }

/// Waits until a condition holds.
func eventually(
    _ what: String, seconds: Double = 60, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw Overdue(description: "not within \(seconds) s: \(what)")
        }
        try await Task.sleep(for: Polling.pause)
    }
}

/// Runs a test on a host of its own. Whatever becomes of it, nothing is left behind.
func withHost(
    _ host: Host? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ test: (Host) async throws -> Void
) async throws {
    let host = try host ?? Host()
    var failure: (any Error)?
    do {
        try await test(host)
    } catch {
        failure = error
        print(host.report())
    }
    let left = await host.tearDown()
    #expect(left.isEmpty, "left behind", sourceLocation: sourceLocation)
    if let failure { throw failure }
}

/// All end-to-end tests, one at a time: each wants the machine for itself.
@Suite("End to end", .serialized) enum EndToEnd {}

/// Numbers that come again with the same seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
