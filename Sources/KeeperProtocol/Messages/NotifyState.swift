/// What a run has said of itself over its notify socket, as its keeper keeps it. All instants are
/// CLOCK_BOOTTIME in nanoseconds, and of when the keeper read the message.
package struct NotifyState: Equatable, Sendable {
    /// `READY=1` came, and no `STOPPING=1` after it.
    package var isReady = false
    /// `RELOADING=1` came, and no `READY=1` after it.
    package var isReloading = false
    package var isStopping = false
    /// When `READY=1` came first; nil until then.
    package var readyAt: UInt64?
    /// The last `WATCHDOG=1`.
    package var watchdogAt: UInt64?
    /// `WATCHDOG=trigger` came: the run calls itself dead.
    package var isTriggered = false
    /// What `WATCHDOG_USEC=` asked for, in microseconds, in place of the declared time.
    package var watchdogMicroseconds: UInt64?
    /// Until when `EXTEND_TIMEOUT_USEC=` asked whoever waits to wait.
    package var extendedUntil: UInt64?
    /// `STATUS=`, printable, at most `WireLimits.notifyStatusBytesMax` bytes.
    package var status = ""
    /// Messages that were not taken: their sender was no process of the run's tree, or gone already.
    package var refusedMessages: UInt32 = 0
    /// Messages that were too long, had too many descriptors, or said nothing that is understood.
    package var unreadableMessages: UInt32 = 0
    /// `MAINPID=` came: the main process stays the one that was started.
    package var isMainPidIgnored = false
    /// Descriptors that are stored for the next run, and how many were not because there were too many.
    package var storedDescriptors: UInt32 = 0
    package var refusedDescriptors: UInt32 = 0

    package init() {}
}

private enum Tag {
    static let flags: UInt16 = 1
    static let readyAt: UInt16 = 2
    static let watchdogAt: UInt16 = 3
    static let watchdogMicroseconds: UInt16 = 4
    static let extendedUntil: UInt16 = 5
    static let status: UInt16 = 6
    static let refused: UInt16 = 7
    static let unreadable: UInt16 = 8
    static let storedDescriptors: UInt16 = 9
    static let refusedDescriptors: UInt16 = 10
}

private enum Flag {
    static let ready: UInt32 = 1
    static let reloading: UInt32 = 2
    static let stopping: UInt32 = 4
    static let triggered: UInt32 = 8
    static let mainPidIgnored: UInt32 = 16
}

extension NotifyState {
    func encoded() -> [UInt8] {
        var writer = FieldWriter(type: FrameType.notified, capacity: 384)
        var flags: UInt32 = 0
        if isReady { flags |= Flag.ready }
        if isReloading { flags |= Flag.reloading }
        if isStopping { flags |= Flag.stopping }
        if isTriggered { flags |= Flag.triggered }
        if isMainPidIgnored { flags |= Flag.mainPidIgnored }
        writer.put(Tag.flags, flags)
        writer.put(Tag.readyAt, readyAt)
        writer.put(Tag.watchdogAt, watchdogAt)
        writer.put(Tag.watchdogMicroseconds, watchdogMicroseconds)
        writer.put(Tag.extendedUntil, extendedUntil)
        writer.put(Tag.status, status)
        writer.put(Tag.refused, refusedMessages)
        writer.put(Tag.unreadable, unreadableMessages)
        if storedDescriptors > 0 { writer.put(Tag.storedDescriptors, storedDescriptors) }
        if refusedDescriptors > 0 { writer.put(Tag.refusedDescriptors, refusedDescriptors) }
        return writer.finished()
    }

    init(_ fields: FieldReader) throws(WireError) {
        var reader = fields
        while let field = try reader.next() {
            switch field.tag {
            case Tag.flags:
                let flags: UInt32 = try field.integer()
                isReady = flags & Flag.ready != 0
                isReloading = flags & Flag.reloading != 0
                isStopping = flags & Flag.stopping != 0
                isTriggered = flags & Flag.triggered != 0
                isMainPidIgnored = flags & Flag.mainPidIgnored != 0
            case Tag.readyAt: readyAt = try field.integer()
            case Tag.watchdogAt: watchdogAt = try field.integer()
            case Tag.watchdogMicroseconds: watchdogMicroseconds = try field.integer()
            case Tag.extendedUntil: extendedUntil = try field.integer()
            case Tag.status: status = try field.string(max: WireLimits.notifyStatusBytesMax)
            case Tag.refused: refusedMessages = try field.integer()
            case Tag.unreadable: unreadableMessages = try field.integer()
            case Tag.storedDescriptors: storedDescriptors = try field.integer()
            case Tag.refusedDescriptors: refusedDescriptors = try field.integer()
            default: break
            }
        }
    }
}
