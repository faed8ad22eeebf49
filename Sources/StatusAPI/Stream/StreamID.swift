/// The place of a message in the stream: the life of the agent that it belongs to, and its number there.
struct StreamID: Sendable, Hashable, CustomStringConvertible {
    var epoch: String
    var number: UInt64

    init(epoch: String, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// Reads what a client gives back as its Last-Event-ID.
    init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, text.utf8.count <= Self.bytesMax,
            let number = UInt64(parts[1])
        else { return nil }
        epoch = String(parts[0])
        self.number = number
    }

    var description: String { "\(epoch)-\(number)" }

    private static let bytesMax = 64

    /// A new life. Chance, because clocks go back.
    static func newEpoch() -> String { String(UInt64.random(in: 1...UInt64.max), radix: 36) }
}
