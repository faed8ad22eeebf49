/// How serious a line says it is.
package enum LogLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    case debug, info, warn, error

    package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

    package var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        }
    }

    /// Reads any of the usual names, in any case.
    package init?(name: String) {
        switch name.lowercased() {
        case "trace", "trc", "verbose", "finest", "finer", "fine", "debug", "dbg", "dbug": self = .debug
        case "info", "inf", "information", "informational", "notice", "note", "log", "config": self = .info
        case "warn", "warning", "wrn": self = .warn
        case "error", "err", "severe", "critical", "crit", "fatal", "alert", "emerg", "emergency", "panic",
            "dpanic", "fail":
            self = .error
        default: return nil
        }
    }

    /// Of a syslog priority: its lowest three bits are the severity.
    init(syslog priority: Int) {
        switch priority & 7 {
        case 0...3: self = .error
        case 4: self = .warn
        case 5, 6: self = .info
        default: self = .debug
        }
    }

    /// Bunyan and pino count in tens, syslog and GELF from 0 to 7.
    init(number: Int) {
        switch number {
        case ..<8: self.init(syslog: max(number, 0))
        case 50...: self = .error
        case 40..<50: self = .warn
        case 30..<40: self = .info
        default: self = .debug
        }
    }
}

/// Gives each line of a stream its level: its own, or that of the line before, to which it belongs. So a
/// stack trace, or the rest of a message of many lines, goes with its first line.
struct LevelTracker {
    private var level: LogLevel?
    private var run: LogRunKey?
    private var isWithinLine = false

    mutating func level(of line: LogLine) -> LogLevel? {
        if run != line.run {
            run = line.run
            level = nil
            isWithinLine = false
        }
        if !isWithinLine, let own = LevelReader.level(of: line.bytes) { level = own }
        isWithinLine = !line.isComplete
        return level
    }
}

extension LogLine {
    /// A line that nothing tells the level of is information on standard output; on standard error it is
    /// never held back.
    func reaches(_ least: LogLevel) -> Bool {
        if let level { return level >= least }
        return stream == .stderr || least <= .info
    }
}
