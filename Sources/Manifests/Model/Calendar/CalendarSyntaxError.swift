/// What is wrong with a cron or calendar expression, and what to write instead.
package struct CalendarSyntaxError: Error, Sendable, Hashable {
    /// Bytes into the text at which that begins which is wrong.
    package var offset: Int
    /// One sentence without a full stop.
    package var message: String
    package var remedy: String

    package init(offset: Int, message: String, remedy: String) {
        self.offset = offset
        self.message = message
        self.remedy = remedy
    }
}
