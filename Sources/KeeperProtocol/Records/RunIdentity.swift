/// Who a run is: written to the slot's `id` (not fsynced) before the workload executes, and told to whoever
/// connects.
package struct RunIdentity: Equatable, Sendable {
    package var runID: String
    package var bootID: String
    package var keeper: ProcessIdentity
    package var child: ProcessIdentity
    /// Nanoseconds since 1970; the same value marks the run's begin in the log indexes.
    package var startedAtWall: UInt64
    /// Nanoseconds of CLOCK_BOOTTIME.
    package var startedAtBoot: UInt64

    package init(
        runID: String, bootID: String, keeper: ProcessIdentity, child: ProcessIdentity, startedAtWall: UInt64,
        startedAtBoot: UInt64
    ) {
        self.runID = runID
        self.bootID = bootID
        self.keeper = keeper
        self.child = child
        self.startedAtWall = startedAtWall
        self.startedAtBoot = startedAtBoot
    }
}

private enum Tag {
    static let runID: UInt16 = 1
    static let bootID: UInt16 = 2
    static let keeperPid: UInt16 = 3
    static let keeperStart: UInt16 = 4
    static let childPid: UInt16 = 5
    static let childStart: UInt16 = 6
    static let wall: UInt16 = 7
    static let boot: UInt16 = 8
}

extension RunIdentity {
    /// The bytes of the `id` file.
    package func record() -> [UInt8] {
        var writer = FieldWriter(type: FrameType.identityRecord)
        put(into: &writer)
        return writer.sealed()
    }

    /// Reads an `id` file; bytes after the record are ignored.
    package init(record bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in
            try RunIdentity(FieldReader(raw, type: FrameType.identityRecord, sealed: true))
        }
    }

    func put(into writer: inout FieldWriter) {
        writer.put(Tag.runID, runID)
        writer.put(Tag.bootID, bootID)
        writer.put(Tag.keeperPid, keeper.pid)
        writer.put(Tag.keeperStart, keeper.startTicks)
        writer.put(Tag.childPid, child.pid)
        writer.put(Tag.childStart, child.startTicks)
        writer.put(Tag.wall, startedAtWall)
        writer.put(Tag.boot, startedAtBoot)
    }

    init(_ fields: FieldReader) throws(WireError) {
        self.init(
            runID: "", bootID: "", keeper: ProcessIdentity(pid: 0, startTicks: 0),
            child: ProcessIdentity(pid: 0, startTicks: 0), startedAtWall: 0, startedAtBoot: 0)
        var reader = fields
        while let field = try reader.next() {
            switch field.tag {
            case Tag.runID: runID = try field.string(max: WireLimits.idBytesMax)
            case Tag.bootID: bootID = try field.string(max: WireLimits.idBytesMax)
            case Tag.keeperPid: keeper.pid = try field.integer()
            case Tag.keeperStart: keeper.startTicks = try field.integer()
            case Tag.childPid: child.pid = try field.integer()
            case Tag.childStart: child.startTicks = try field.integer()
            case Tag.wall: startedAtWall = try field.integer()
            case Tag.boot: startedAtBoot = try field.integer()
            default: break
            }
        }
        guard !runID.isEmpty else { throw .field(Tag.runID) }
        guard keeper.pid > 0 else { throw .field(Tag.keeperPid) }
    }
}
