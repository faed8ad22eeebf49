import Manifests
package import Reconciler

/// What is declared of a Schedule, defaults included. Durations are written as in declarations.
package struct ScheduleDeclarationDocument: Codable, Sendable, Hashable {
    package var trigger: String
    package var timezone: String
    package var dstGap: String
    package var dstOverlap: String
    package var startingDeadline: String?
    /// `none`, `last` or `all`; with `catchUpMax`.
    package var catchUp: String
    package var catchUpMax: Int
    package var jitter: String
    /// `allow`, `forbid`, `replace` or `queue`; with `concurrencyMax`.
    package var concurrency: String
    package var concurrencyMax: Int
    /// `mon,tue 22:00–06:00`; nil: at any time.
    package var window: String?
    package var suspend: Bool
    package var runNonce: String
    package var action: String
    /// `report@^1`, as it is written; nil: nothing is run.
    package var reference: String?
    package var timeout: String?
    package var retries: Int
    /// `10s, times 2, at most 10m`; nil without retries.
    package var backoff: String?
    /// Beside 0.
    package var successExitCodes: [Int32]
    package var keep: Int
    package var keepFailed: Int
    package var maxAge: String
    package var dependsOn: [DependencyDocument]

    package init(_ schedule: DesiredSchedule) {
        trigger = schedule.trigger.text
        timezone = schedule.timezone
        dstGap = schedule.dst.gap.rawValue
        dstOverlap = schedule.dst.overlap.rawValue
        startingDeadline = schedule.startingDeadline.map { Quantities.text($0) }
        catchUp = schedule.catchUp.policy.rawValue
        catchUpMax = schedule.catchUp.max
        jitter = Quantities.text(schedule.jitter)
        concurrency = schedule.concurrency.policy.rawValue
        concurrencyMax = schedule.concurrency.max
        window = schedule.window?.text
        suspend = schedule.suspend
        runNonce = schedule.runNonce
        action = schedule.action.text
        if case .run(_, let written) = schedule.action { reference = written }
        timeout = schedule.timeout.map { Quantities.text($0) }
        retries = schedule.retries.max
        if retries > 0 {
            let pause = schedule.retries
            backoff =
                "\(Quantities.text(pause.initial)), times \(Self.text(pause.factor)), "
                + "at most \(Quantities.text(pause.longest))"
        }
        successExitCodes = schedule.successExitCodes
        keep = schedule.history.keep
        keepFailed = schedule.history.keepFailed
        maxAge = Quantities.text(schedule.history.maxAge)
        dependsOn = schedule.dependsOn.map(DependencyDocument.init)
    }

    /// `2`, `1.5`; any number can be declared.
    private static func text(_ factor: Double) -> String {
        Int(exactly: factor).map(String.init) ?? factor.description
    }
}
