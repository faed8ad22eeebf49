/// One of the fields of a cron expression.
enum CronFieldKind: Sendable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek

    static let five: [CronFieldKind] = [.minute, .hour, .dayOfMonth, .month, .dayOfWeek]
    static let six = [second] + five

    var values: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// Without the second number of Sunday.
    var distinct: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : values }

    /// The range of a bare `H`: every month has 28 days.
    var hashed: ClosedRange<Int> { self == .dayOfMonth ? 1...28 : distinct }

    var plural: String {
        switch self {
        case .second: "seconds"
        case .minute: "minutes"
        case .hour: "hours"
        case .dayOfMonth: "days of the month"
        case .month: "months"
        case .dayOfWeek: "days of the week"
        }
    }

    var names: [String] {
        switch self {
        case .month: CalendarNames.months
        case .dayOfWeek: CalendarNames.weekdays
        default: []
        }
    }

    /// The number of the first of `names`.
    var firstNamed: Int { self == .month ? 1 : 0 }

    /// What a field may hold, for whoever wrote something else.
    var example: String {
        switch self {
        case .second, .minute: "write numbers from 0 to 59, such as 0,30 or 10-20 or */15"
        case .hour: "write numbers from 0 to 23, such as 3 or 8-18 or */6; midnight is 0"
        case .dayOfMonth: "write numbers from 1 to 31, L for the last day, 15W, or *"
        case .month: "write numbers from 1 to 12, names such as JAN or MAR-MAY, or *"
        case .dayOfWeek: "write 0 to 7 (0 and 7 are Sunday), names such as MON-FRI, MON#2, 5L, or *"
        }
    }

    /// Part of the numbers behind `H`, and so never changed.
    var seed: UInt64 {
        switch self {
        case .second: 1
        case .minute: 2
        case .hour: 3
        case .dayOfMonth: 4
        case .month: 5
        case .dayOfWeek: 6
        }
    }
}
