/// The blocks that a Unit gives as defaults and an Instance may replace, each as a whole.
package struct PolicyBlocks: Sendable, Hashable {
    package var health: Health?
    package var restart: RestartPolicy?
    package var stop: StopPolicy?
    package var resources: Resources?
    package var sandbox: Sandbox?
    package var logging: LoggingPolicy?

    package init(
        health: Health? = nil, restart: RestartPolicy? = nil, stop: StopPolicy? = nil,
        resources: Resources? = nil, sandbox: Sandbox? = nil, logging: LoggingPolicy? = nil
    ) {
        self.health = health
        self.restart = restart
        self.stop = stop
        self.resources = resources
        self.sandbox = sandbox
        self.logging = logging
    }
}

package struct Health: Sendable, Hashable, Codable {
    package var startup: Probe?
    package var readiness: Probe?
    package var liveness: Probe?

    package init(startup: Probe? = nil, readiness: Probe? = nil, liveness: Probe? = nil) {
        self.startup = startup
        self.readiness = readiness
        self.liveness = liveness
    }
}

package struct Probe: Sendable, Hashable, Codable {
    package enum Check: Sendable, Hashable, Codable {
        /// `port` is an endpoint's name.
        case tcp(port: String)
        /// 200–399 is a success.
        case http(port: String, path: String)
        /// Relative to the package; exit code 0 is a success.
        case exec(command: [String])
    }

    package var check: Check
    package var initialDelay: Duration
    package var period: Duration
    package var timeout: Duration
    package var successThreshold: Int
    package var failureThreshold: Int

    package init(
        check: Check, initialDelay: Duration = .zero, period: Duration = .seconds(10),
        timeout: Duration = .seconds(1), successThreshold: Int = 1, failureThreshold: Int = 3
    ) {
        self.check = check
        self.initialDelay = initialDelay
        self.period = period
        self.timeout = timeout
        self.successThreshold = successThreshold
        self.failureThreshold = failureThreshold
    }
}

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

package struct StopPolicy: Sendable, Hashable, Codable {
    package var signal: Signal
    package var grace: Duration

    package init(signal: Signal = .term, grace: Duration = .seconds(5)) {
        self.signal = signal
        self.grace = grace
    }
}

/// What this version enforces; cgroup limits are refused until it does.
package struct Resources: Sendable, Hashable, Codable {
    package var nofile: UInt64?

    package init(nofile: UInt64? = nil) { self.nofile = nofile }
}

package struct Sandbox: Sendable, Hashable, Codable {
    package enum Level: String, Sendable, Hashable, Codable, CaseIterable { case none, minimal }
    package var level: Level

    package init(level: Level = .minimal) { self.level = level }
}

package struct LoggingPolicy: Sendable, Hashable, Codable {
    /// Bytes of one file before it is rotated.
    package var maxSize: UInt64
    /// Files kept of each stream, the current one included.
    package var maxFiles: Int

    package init(maxSize: UInt64 = 10 << 20, maxFiles: Int = 10) {
        self.maxSize = maxSize
        self.maxFiles = maxFiles
    }
}

/// A signal by its name; numbers are those of Linux on the machines that Plumb runs on.
package struct Signal: Sendable, Hashable, Codable {
    /// `SIGTERM`.
    package var name: String
    package var number: Int32

    package init(name: String, number: Int32) {
        self.name = name
        self.number = number
    }

    package static let term = Signal(name: "SIGTERM", number: 15)
}
