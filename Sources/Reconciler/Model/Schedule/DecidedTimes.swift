/// The nominal times of a Schedule on which was decided, one by one: it ran, or was refused with a word. None
/// of them is decided twice, wherever the clock is set to. What was missed is not among them: its time may
/// come again.
///
/// Times that follow one another in the calendar are one span, so that a Schedule which fires each second for
/// a year takes as much room as one that fired once.
package struct DecidedTimes: Sendable, Hashable, Codable {
    package struct Span: Sendable, Hashable, Codable {
        /// Every time of the calendar between both, and both.
        package var first: WallTime
        package var last: WallTime
    }
    /// The one that was added to last is the last one.
    package private(set) var spans: [Span] = []

    /// A clock that is set back over more breaks than this finds the oldest of them forgotten.
    package static let spansMax = 128

    package init() {}

    /// The end of the span that the time is in; nil: nothing was decided of it.
    package func end(around nominal: WallTime) -> WallTime? {
        spans.last { $0.first <= nominal && nominal <= $0.last }?.last
    }

    /// - Parameter previous: the time of the calendar directly before it, as far as that was looked at.
    package mutating func add(_ nominal: WallTime, after previous: WallTime) {
        var span = Span(first: nominal, last: nominal)
        if previous < nominal, let index = spans.lastIndex(where: { $0.last == previous }) {
            span.first = spans.remove(at: index).first
        }
        spans.append(span)
        if spans.count > Self.spansMax { spans.removeFirst() }
    }
}
