/// Tags of a launch specification. The numbers are for ever.
enum SpecTag {
    static let probeTimeout: UInt16 = 1
    static let runID: UInt16 = 2
    static let bootID: UInt16 = 3
    static let executable: UInt16 = 4
    static let argument: UInt16 = 5
    static let environment: UInt16 = 6
    static let workingDirectory: UInt16 = 7
    static let user: UInt16 = 8
    static let group: UInt16 = 9
    static let supplementaryGroups: UInt16 = 10
    static let umask: UInt16 = 11
    static let nofileSoft: UInt16 = 12
    static let nofileHard: UInt16 = 13
    static let coreSoft: UInt16 = 14
    static let coreHard: UInt16 = 15
    static let noNewPrivileges: UInt16 = 16
    static let stopStep: UInt16 = 17
    static let logSizeMax: UInt16 = 18
    static let logFilesMax: UInt16 = 19
    static let tasksDirectory: UInt16 = 20
    static let unifiedDirectory: UInt16 = 21
    static let killDirectory: UInt16 = 22
    static let oomCounterFile: UInt16 = 23
    static let socketName: UInt16 = 24
    static let inputPipe: UInt16 = 25
    static let passed: UInt16 = 35
    static let owner: UInt16 = 36
    static let storeMax: UInt16 = 37
    static let logAgeMax: UInt16 = 80
}

extension LaunchSpec {
    /// The bytes for the memfd. Strings with a zero byte in them are cut there by nobody: decoding refuses
    /// them, so check before.
    package func encoded() -> [UInt8] {
        var writer = fields(type: FrameType.launchSpec)
        for entry in environment { writer.putCString(SpecTag.environment, entry) }
        return writer.finished()
    }

    /// The `spec` record of the slot, which the agent writes (the keeper never does): all but the values of
    /// the environment variables in `secretNames`, with a checksum. Not fsynced; it is there to be read by
    /// people and by the next agent.
    package func record(redacting secretNames: Set<String>) -> [UInt8] {
        var writer = fields(type: FrameType.specRecord)
        for entry in environment {
            let name = entry.prefix { $0 != "=" }
            writer.putCString(
                SpecTag.environment, secretNames.contains(String(name)) ? "\(name)=" : entry)
        }
        return writer.sealed()
    }

    private func fields(type: UInt16) -> FieldWriter {
        var writer = FieldWriter(type: type, capacity: 2048)
        if case .probe(let timeout) = mode { writer.put(SpecTag.probeTimeout, timeout) }
        writer.put(SpecTag.runID, runID)
        writer.put(SpecTag.bootID, bootID)
        writer.putCString(SpecTag.executable, executable)
        for argument in arguments { writer.putCString(SpecTag.argument, argument) }
        writer.putCString(SpecTag.workingDirectory, workingDirectory)
        writer.put(SpecTag.user, user)
        writer.put(SpecTag.group, group)
        if let supplementaryGroups {
            writer.put(
                SpecTag.supplementaryGroups,
                supplementaryGroups.flatMap { group in (0..<4).map { UInt8(group >> (8 * $0) & 0xFF) } })
        }
        writer.put(SpecTag.umask, umask)
        writer.put(SpecTag.nofileSoft, nofile?.soft)
        writer.put(SpecTag.nofileHard, nofile?.hard)
        writer.put(SpecTag.coreSoft, core?.soft)
        writer.put(SpecTag.coreHard, core?.hard)
        writer.put(SpecTag.noNewPrivileges, noNewPrivileges)
        if hasInputPipe { writer.put(SpecTag.inputPipe, true) }
        for descriptor in passed { writer.put(SpecTag.passed, descriptor.encoded) }
        if !owner.isEmpty { writer.put(SpecTag.owner, owner) }
        if storeMax > 0 { writer.put(SpecTag.storeMax, storeMax) }
        writer.put(policy)
        writer.put(sandbox)
        for path in cgroups.tasksDirectories { writer.putCString(SpecTag.tasksDirectory, path) }
        if let path = cgroups.unifiedDirectory { writer.putCString(SpecTag.unifiedDirectory, path) }
        if let path = cgroups.killDirectory { writer.putCString(SpecTag.killDirectory, path) }
        if let path = cgroups.oomCounterFile { writer.putCString(SpecTag.oomCounterFile, path) }
        if !socketName.isEmpty { writer.putCString(SpecTag.socketName, socketName) }
        return writer
    }
}

extension FieldWriter {
    mutating func put(_ policy: KeeperPolicy) {
        for step in policy.stopSteps.prefix(WireLimits.stopStepsMax) { put(SpecTag.stopStep, step.encoded) }
        put(SpecTag.logSizeMax, policy.logLimits.sizeBytesMax)
        put(SpecTag.logFilesMax, policy.logLimits.filesMax)
        if policy.logLimits.ageMax > 0 { put(SpecTag.logAgeMax, policy.logLimits.ageMax) }
    }
}

extension KeeperPolicy {
    /// Takes the field if it is one of a policy's.
    mutating func take(_ field: FieldReader.Field) throws(WireError) {
        switch field.tag {
        case SpecTag.stopStep:
            guard stopSteps.count < WireLimits.stopStepsMax else { throw .tooLarge }
            if let step = try StopStep(field) { stopSteps.append(step) }
        case SpecTag.logSizeMax:
            logLimits = LogLimits(
                sizeBytesMax: try field.integer(), filesMax: logLimits.filesMax, ageMax: logLimits.ageMax)
        case SpecTag.logFilesMax:
            logLimits = LogLimits(
                sizeBytesMax: logLimits.sizeBytesMax, filesMax: try field.integer(), ageMax: logLimits.ageMax)
        case SpecTag.logAgeMax:
            logLimits = LogLimits(
                sizeBytesMax: logLimits.sizeBytesMax, filesMax: logLimits.filesMax,
                ageMax: try field.integer())
        default:
            break
        }
    }
}
