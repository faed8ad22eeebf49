/// A cron expression that was checked. Encoded as its text.
package struct CronExpression: Sendable, Hashable, Codable {
    package var text: String
}

/// A calendar expression (systemd's OnCalendar) that was checked. Encoded as its text.
package struct CalendarExpression: Sendable, Hashable, Codable {
    package var text: String
}
