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
        /// 200–399 is a success, unless the options say otherwise.
        case http(port: String, path: String, options: HTTPProbeOptions? = nil)
        /// Relative to the package; exit code 0 is a success.
        case exec(command: [String])
        /// gRPC health checking; "" asks for the server as a whole. `tls` nil is cleartext.
        case grpc(port: String, service: String, tls: ProbeTLS? = nil)
        /// What the program says over its notify socket; nil is the usual time of the probe's kind.
        case heartbeat(ttl: Duration?)
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
