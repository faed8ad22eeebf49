/// A bucket for each token and address that asks. Without a clock: the time is told. Its table is bounded; a
/// bucket that is full again is the same as none.
struct RateLimiter: Sendable {
    private struct Bucket {
        var left: Double
        var at: ContinuousClock.Instant
    }

    private let rate: RequestRate
    private var buckets: [String: Bucket] = [:]

    static let bucketsMax = 4_096

    init(_ rate: RequestRate) { self.rate = rate }

    /// nil: it may. Otherwise the whole seconds after which it may again.
    mutating func take(_ cost: Double = 1, from key: String, at now: ContinuousClock.Instant) -> Int? {
        var left = level(key, now)
        guard left >= 1 else { return max(1, Int(((1 - left) / rate.perSecond).rounded(.up))) }
        left -= cost
        if buckets[key] == nil, buckets.count >= Self.bucketsMax { makeRoom(now) }
        // It may fall below nothing: what was refused is paid for too.
        buckets[key] = Bucket(left: left, at: now)
        return nil
    }

    var count: Int { buckets.count }

    private func level(_ key: String, _ now: ContinuousClock.Instant) -> Double {
        guard let bucket = buckets[key] else { return rate.burst }
        return min(rate.burst, bucket.left + ((now - bucket.at) / .seconds(1)) * rate.perSecond)
    }

    /// Those that are full again go; where there are none, the quarter that has asked for least.
    private mutating func makeRoom(_ now: ContinuousClock.Instant) {
        let levels = buckets.keys.map { ($0, level($0, now)) }
        for (key, level) in levels where level >= rate.burst { buckets[key] = nil }
        guard buckets.count >= Self.bucketsMax else { return }
        for (key, _) in levels.sorted(by: { $0.1 > $1.1 }).prefix(Self.bucketsMax / 4) { buckets[key] = nil }
    }
}
