import Testing

@testable import StatusAPI

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now

    @Test func aBurstThenSoManyInASecond() {
        var limiter = RateLimiter(RequestRate(perSecond: 10, burst: 5))
        for _ in 0..<5 { #expect(limiter.take(from: "a", at: start) == nil) }
        #expect(limiter.take(from: "a", at: start) == 1)
        // Another one has a bucket of its own.
        #expect(limiter.take(from: "b", at: start) == nil)
        let later = start + .milliseconds(250)
        #expect(limiter.take(from: "a", at: later) == nil)
        #expect(limiter.take(from: "a", at: later) == nil)
        #expect(limiter.take(from: "a", at: later) == 1)
        // It never holds more than a burst.
        let muchLater = start + .seconds(1_000)
        for _ in 0..<5 { #expect(limiter.take(from: "a", at: muchLater) == nil) }
        #expect(limiter.take(from: "a", at: muchLater) != nil)
    }

    @Test func whatCostsMoreIsPaidForLonger() {
        var limiter = RateLimiter(RequestRate(perSecond: 1, burst: 2))
        #expect(limiter.take(20, from: "a", at: start) == nil)
        #expect(limiter.take(from: "a", at: start) == 19)
    }

    @Test func theTableIsBounded() {
        var limiter = RateLimiter(RequestRate(perSecond: 1, burst: 5))
        #expect(limiter.take(100, from: "greedy", at: start) == nil)
        for number in 0..<3 * RateLimiter.bucketsMax {
            _ = limiter.take(from: "\(number)", at: start)
            #expect(limiter.count <= RateLimiter.bucketsMax)
        }
        // Whoever asked most is not forgotten for whoever asked once.
        #expect(limiter.take(from: "greedy", at: start) != nil)
    }
}

@Suite struct PeerTests {
    @Test(arguments: [
        ("127.0.0.1", true, "127.0.0.1"), ("::1", true, "::/64"), ("10.0.0.9", false, "10.0.0.9"),
        ("2001:db8:1:2:3:4:5:6", false, "2001:db8:1:2::/64"), ("2001:db8::6", false, "2001:db8::/64"),
    ])
    func addressesAreCountedByNetwork(address: String, isLoopback: Bool, key: String) {
        let peer = Peer(address: address)
        #expect((peer.isLoopback, peer.key) == (isLoopback, key))
    }
}
