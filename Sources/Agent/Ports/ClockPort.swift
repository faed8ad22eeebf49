package import Reconciler

/// Time and chance: the two things that decisions take as values.
package protocol ClockPort: Sendable {
    var bootID: String { get }
    func now() -> Moment
    /// Returns at the instant or later; at once if the task is cancelled.
    func sleep(until: Instant) async
    /// 0 ≤ r < 1.
    func random() -> Double
}
