import Manifests
import Reconciler
import TestKit

/// Schedules by an interval, with room for what a test is about.
enum Scheduled {
    static func every(
        _ interval: Duration, _ name: String = "job", nonce: String = "",
        _ change: (inout DesiredSchedule) -> Void = { _ in }
    ) -> DesiredSchedule {
        var schedule = DesiredSchedule(
            name: name, place: Location(file: "job.yaml", line: 1, column: 1),
            trigger: .interval(interval, anchor: 0),
            action: .run(spec: Boxed(wrappedValue: spec(name)), reference: "report@^1"),
            hash: SpecHash(hex: name))
        schedule.runNonce = nonce
        change(&schedule)
        return schedule
    }

    static func spec(_ name: String) -> InstanceSpec {
        InstanceSpec(
            name: DesiredSchedule.owner(of: name), unit: "report@1.0.0", profile: .oneshot,
            process: ProcessSpec(command: "/bin/true"), health: Health(),
            restart: RestartPolicy(policy: .never),
            stop: StopPolicy(), logging: LoggingPolicy(), update: UpdatePolicy(), fields: [],
            startHash: StartHash(hex: name), specHash: SpecHash(hex: name))
    }

    static func host(_ schedules: DesiredSchedule...) -> ScheduledHost {
        var host = ScheduledHost()
        host.accept(schedules)
        return host
    }
}

extension ScheduledHost {
    /// Each process ends well a moment after its start, while the time goes by.
    mutating func run(for duration: Duration, step: Duration = .milliseconds(100)) {
        var left = duration
        while left > .zero {
            advance(by: min(step, left))
            exitAll()
            left -= step
        }
    }

    /// Every nominal time that a first attempt was started for.
    func nominals(_ name: String = "job") -> [WallTime] {
        starts(of: name).filter { $0.attempt == 1 }.map(\.nominal)
    }

    func states(_ name: String = "job") -> [ScheduledRun.State] { lines(of: name).map(\.state) }
}
