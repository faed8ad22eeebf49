/// What of the host's settings gates a revision.
package struct GateSettings: Sendable, Hashable, Codable {
    package var fuse: FusePolicy
    /// How long a revision is seen before it is accepted; staggers a fleet.
    package var applyDelay: Duration
    /// Whose signed commits may approve, by principal or key; nil: commits approve nothing.
    package var approvers: [String]?

    package init(
        fuse: FusePolicy = FusePolicy(), applyDelay: Duration = .zero, approvers: [String]? = nil
    ) {
        self.fuse = fuse
        self.applyDelay = applyDelay
        self.approvers = approvers
    }
}

/// Against accidents: how much of a host one revision, or several in a short time, may take away or restart.
package struct FusePolicy: Sendable, Hashable, Codable {
    /// Percent of the replicas that the accepted snapshot assigns to this host. 100 is no fuse.
    package var maxRemoved: Int
    package var maxRestarted: Int
    /// Over which removals and restarts are added up.
    package var window: Duration

    package init(maxRemoved: Int = 50, maxRestarted: Int = 100, window: Duration = .seconds(600)) {
        self.maxRemoved = maxRemoved
        self.maxRestarted = maxRestarted
        self.window = window
    }
}

/// Where the host stands between its maintenance windows, as the calendar of the edge says it.
package enum WindowState: Sendable, Hashable, Codable {
    /// No windows are declared: always open.
    case always
    case open(until: WallTime)
    /// nil: it never opens as far as the calendar looks.
    case closed(opensAt: WallTime?)
}

/// Everything that can be shown of the gates at one moment.
package struct GateStatus: Sendable, Hashable, Codable {
    package var settings: GateSettings
    package var windows: WindowState
    package var memory: GateMemory

    package init(
        settings: GateSettings = GateSettings(), windows: WindowState = .always,
        memory: GateMemory = GateMemory()
    ) {
        self.settings = settings
        self.windows = windows
        self.memory = memory
    }
}
