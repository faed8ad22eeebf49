/// The stream's times, which tests make short.
struct StreamSettings: Sendable {
    var heartbeat = StatusLimits.heartbeatMax
    var tick = StatusLimits.streamTick
    var refreshMin = StatusLimits.streamRefreshMin
    var writeMax = StatusLimits.streamWriteMax
}
