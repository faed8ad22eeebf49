package struct StopPolicy: Sendable, Hashable, Codable {
    package var signal: Signal
    package var grace: Duration

    package init(signal: Signal = .term, grace: Duration = .seconds(5)) {
        self.signal = signal
        self.grace = grace
    }
}
