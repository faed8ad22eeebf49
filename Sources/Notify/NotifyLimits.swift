/// The bounds of what is told to forges.
package struct NotifyLimits: Sendable {
    /// How long one request may take.
    package var requestTime = Duration.seconds(15)
    /// The first and the longest wait before a request that failed is tried again.
    package var retryInitial = Duration.seconds(1)
    package var retryMax = Duration.seconds(300)
    /// How often a failure is tried that news has overtaken; the newest word is tried until it is brought.
    package var triesMax = 20
    /// Reports that wait for one forge; the oldest is dropped.
    package var queueMax = 16
    /// How long things must be quiet before they are looked at.
    package var settle = Duration.milliseconds(500)
    /// How long a replica may be unwell before that is a failure of the commit.
    package var patience = Duration.seconds(30)
    static let tokenBytesMax = 4096
    static let answerBytesMax = 64 << 10
    /// Of an error that is shown.
    static let wordsMax = 200

    package init() {}
}
