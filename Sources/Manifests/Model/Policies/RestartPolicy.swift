package struct RestartPolicy: Sendable, Hashable, Codable {
    package enum Condition: String, Sendable, Hashable, Codable, CaseIterable {
        case always
        case onFailure = "on-failure"
        case never
    }
    package struct Backoff: Sendable, Hashable, Codable {
        package var initial: Duration
        package var factor: Double
        package var max: Duration
        /// The share by which a delay is spread, 0 to 1: 0.1 is ± 10 %.
        package var jitter: Double
        /// After so long a healthy run the count of failures starts anew.
        package var resetAfter: Duration

        package init(
            initial: Duration = .seconds(1), factor: Double = 2, max: Duration = .seconds(60),
            jitter: Double = 0.1, resetAfter: Duration = .seconds(60)
        ) {
            self.initial = initial
            self.factor = factor
            self.max = max
            self.jitter = jitter
            self.resetAfter = resetAfter
        }
    }

    package var policy: Condition
    package var backoff: Backoff
    /// nil: without end.
    package var maxRetries: Int?

    package init(policy: Condition = .always, backoff: Backoff = Backoff(), maxRetries: Int? = nil) {
        self.policy = policy
        self.backoff = backoff
        self.maxRetries = maxRetries
    }
}
