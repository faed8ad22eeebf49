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
