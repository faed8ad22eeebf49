private enum Tag {
    static let runID: UInt16 = 1
    static let bootID: UInt16 = 2
    static let exitCode: UInt16 = 3
    static let signal: UInt16 = 4
    static let coreDumped: UInt16 = 5
    static let failedStep: UInt16 = 6
    static let failedErrno: UInt16 = 7
    static let lostBeforeExec: UInt16 = 8
    static let oomKills: UInt16 = 9
    static let startedWall: UInt16 = 10
    static let startedBoot: UInt16 = 11
    static let endedWall: UInt16 = 12
    static let endedBoot: UInt16 = 13
    static let treeProven: UInt16 = 14
    static let stdoutLogged: UInt16 = 15
    static let stdoutLost: UInt16 = 16
    static let stderrLogged: UInt16 = 17
    static let stderrLost: UInt16 = 18
    static let userTime: UInt16 = 19
    static let systemTime: UInt16 = 20
    static let rssMax: UInt16 = 21
    static let killedForMemory: UInt16 = 40
    static let failedPath: UInt16 = 41
}

extension ExitRecord {
    /// The bytes of the `exit` file, `fileBytes` of them.
    package func record() -> [UInt8] {
        var writer = FieldWriter(type: FrameType.exitRecord, capacity: Self.fileBytes)
        put(into: &writer)
        return writer.sealed(paddedTo: Self.fileBytes)
    }

    /// Reads an `exit` file. Compare `runID`: a slot is reused, and an older run's record may be there until
    /// the keeper has blanked it. All zeros (nothing written yet) throws `truncated`.
    package init(record bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in
            try ExitRecord(FieldReader(raw, type: FrameType.exitRecord, sealed: true))
        }
    }

    func put(into writer: inout FieldWriter) {
        writer.put(Tag.runID, runID)
        writer.put(Tag.bootID, bootID)
        switch cause {
        case .exited(let code):
            writer.put(Tag.exitCode, code)
        case .signaled(let number, let coreDumped):
            writer.put(Tag.signal, number)
            writer.put(Tag.coreDumped, coreDumped)
        case .execFailed(let step, let errno):
            writer.put(Tag.failedStep, step.rawValue)
            writer.put(Tag.failedErrno, errno)
        case .lostBeforeExec:
            writer.put(Tag.lostBeforeExec, true)
        }
        if !failedPath.isEmpty {
            writer.put(Tag.failedPath, Array(failedPath.utf8.prefix(WireLimits.failedPathBytesMax)))
        }
        writer.put(Tag.oomKills, oomKills)
        if let wasKilledForMemory { writer.put(Tag.killedForMemory, wasKilledForMemory) }
        writer.put(Tag.startedWall, startedAtWall)
        writer.put(Tag.startedBoot, startedAtBoot)
        writer.put(Tag.endedWall, endedAtWall)
        writer.put(Tag.endedBoot, endedAtBoot)
        writer.put(Tag.treeProven, treeProvenEmpty)
        writer.put(Tag.stdoutLogged, stdout.loggedBytes)
        writer.put(Tag.stdoutLost, stdout.lostBytes)
        writer.put(Tag.stderrLogged, stderr.loggedBytes)
        writer.put(Tag.stderrLost, stderr.lostBytes)
        writer.put(Tag.userTime, userNanoseconds)
        writer.put(Tag.systemTime, systemNanoseconds)
        writer.put(Tag.rssMax, rssBytesMax)
    }

    init(_ fields: FieldReader) throws(WireError) {
        self.init(runID: "", cause: .lostBeforeExec)
        var reader = fields
        var cause: ExitCause?
        while let field = try reader.next() {
            switch field.tag {
            case Tag.exitCode...Tag.lostBeforeExec:
                cause = try Self.cause(after: cause, field)
            case Tag.runID: runID = try field.string(max: WireLimits.idBytesMax)
            case Tag.bootID: bootID = try field.string(max: WireLimits.idBytesMax)
            case Tag.failedPath: failedPath = try field.string(max: WireLimits.failedPathBytesMax)
            case Tag.oomKills: oomKills = try field.integer()
            case Tag.killedForMemory: wasKilledForMemory = try field.bool()
            case Tag.startedWall: startedAtWall = try field.integer()
            case Tag.startedBoot: startedAtBoot = try field.integer()
            case Tag.endedWall: endedAtWall = try field.integer()
            case Tag.endedBoot: endedAtBoot = try field.integer()
            case Tag.treeProven: treeProvenEmpty = try field.bool()
            case Tag.stdoutLogged: stdout.loggedBytes = try field.integer()
            case Tag.stdoutLost: stdout.lostBytes = try field.integer()
            case Tag.stderrLogged: stderr.loggedBytes = try field.integer()
            case Tag.stderrLost: stderr.lostBytes = try field.integer()
            case Tag.userTime: userNanoseconds = try field.integer()
            case Tag.systemTime: systemNanoseconds = try field.integer()
            case Tag.rssMax: rssBytesMax = try field.integer()
            default: break
            }
        }
        guard let cause else { throw .field(Tag.exitCode) }
        guard !runID.isEmpty else { throw .field(Tag.runID) }
        self.cause = cause
    }

    /// A cause takes one field or two; the second completes what the first began.
    private static func cause(
        after known: ExitCause?, _ field: FieldReader.Field
    ) throws(WireError) -> ExitCause {
        switch (field.tag, known) {
        case (Tag.exitCode, _): return .exited(code: try field.integer())
        case (Tag.signal, _): return .signaled(try field.integer(), coreDumped: false)
        case (Tag.coreDumped, .signaled(let number, _)):
            return .signaled(number, coreDumped: try field.bool())
        case (Tag.failedStep, _):
            return .execFailed(step: LaunchStep(rawValue: try field.integer()) ?? .unknown, errno: 0)
        case (Tag.failedErrno, .execFailed(let step, _)):
            return .execFailed(step: step, errno: try field.integer())
        case (Tag.lostBeforeExec, _): return .lostBeforeExec
        default: throw .field(field.tag)
        }
    }
}
