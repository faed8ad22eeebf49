/// A launch specification read in place: strings are pointers into the caller's bytes (the mapped memfd),
/// so that no secret is copied. Valid as long as those bytes are.
package struct LaunchSpecView {
    package private(set) var mode: LaunchSpec.Mode = .run
    package private(set) var runID: [UInt8] = []
    package private(set) var bootID: [UInt8] = []
    package private(set) var executable: UnsafePointer<CChar>
    package private(set) var workingDirectory: UnsafePointer<CChar>?
    package private(set) var user: UInt32?
    package private(set) var group: UInt32?
    package private(set) var supplementaryGroups: [UInt32]?
    package private(set) var umask: UInt32 = 0o022
    package private(set) var nofile: ResourceLimit?
    package private(set) var core: ResourceLimit?
    package private(set) var noNewPrivileges = false
    package private(set) var hasInputPipe = false
    package private(set) var passed: [PassedDescriptor] = []
    package private(set) var owner = ""
    package private(set) var storeMax: UInt16 = 0
    package private(set) var policy = KeeperPolicy(stopSteps: [])
    package private(set) var tasksDirectories: [UnsafePointer<CChar>] = []
    package private(set) var unifiedDirectory: UnsafePointer<CChar>?
    package private(set) var killDirectory: UnsafePointer<CChar>?
    package private(set) var oomCounterFile: UnsafePointer<CChar>?
    package private(set) var socketName: UnsafePointer<CChar>?
    package private(set) var sandbox = SandboxView()
    private var argumentCount = 0
    private var environmentCount = 0
    private let fields: FieldReader

    /// Reads and checks the whole specification.
    package init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        try self.init(bytes, type: FrameType.launchSpec, sealed: false)
    }

    init(_ bytes: UnsafeRawBufferPointer, type: UInt16, sealed: Bool) throws(WireError) {
        guard bytes.count <= WireLimits.specBytesMax else { throw .tooLarge }
        fields = try FieldReader(bytes, type: type, sealed: sealed)
        var found: UnsafePointer<CChar>?
        var reader = fields
        while let field = try reader.next() {
            if field.tag == SpecTag.executable { found = try field.absolutePath() }
        }
        guard let found else { throw .field(SpecTag.executable) }
        executable = found

        reader = fields
        while let field = try reader.next() { try take(field) }
        if case .run = mode { guard !runID.isEmpty else { throw .field(SpecTag.runID) } }
        guard argumentCount > 0 else { throw .field(SpecTag.argument) }
    }

    private mutating func take(_ field: FieldReader.Field) throws(WireError) {
        switch field.tag {
        case SpecTag.probeTimeout: mode = .probe(timeoutMilliseconds: try field.integer())
        case SpecTag.runID: runID = try field.bytes(max: WireLimits.idBytesMax)
        case SpecTag.bootID: bootID = try field.bytes(max: WireLimits.idBytesMax)
        case SpecTag.argument:
            _ = try field.cString()
            argumentCount = try Self.counted(argumentCount, WireLimits.stringsMax)
        case SpecTag.environment:
            _ = try field.cString()
            environmentCount = try Self.counted(environmentCount, WireLimits.stringsMax)
        case SpecTag.workingDirectory: workingDirectory = try field.absolutePath()
        case SpecTag.user: user = try field.integer()
        case SpecTag.group: group = try field.integer()
        case SpecTag.supplementaryGroups: supplementaryGroups = try field.integers(max: WireLimits.groupsMax)
        case SpecTag.umask: umask = try field.integer()
        case SpecTag.nofileSoft: nofile = ResourceLimit(soft: try field.integer(), hard: nofile?.hard ?? .max)
        case SpecTag.nofileHard: nofile = ResourceLimit(soft: nofile?.soft ?? .max, hard: try field.integer())
        case SpecTag.coreSoft: core = ResourceLimit(soft: try field.integer(), hard: core?.hard ?? .max)
        case SpecTag.coreHard: core = ResourceLimit(soft: core?.soft ?? .max, hard: try field.integer())
        case SpecTag.noNewPrivileges: noNewPrivileges = try field.bool()
        case SpecTag.inputPipe: hasInputPipe = try field.bool()
        case SpecTag.passed:
            guard passed.count < WireLimits.passedMax else { throw .tooLarge }
            if let descriptor = try PassedDescriptor(field) { passed.append(descriptor) }
        case SpecTag.owner: owner = try field.string(max: WireLimits.passedBytesMax)
        case SpecTag.storeMax: storeMax = try field.integer()
        case SpecTag.tasksDirectory:
            guard tasksDirectories.count < WireLimits.cgroupPathsMax else { throw .tooLarge }
            tasksDirectories.append(try field.absolutePath())
        case SpecTag.unifiedDirectory: unifiedDirectory = try field.absolutePath()
        case SpecTag.killDirectory: killDirectory = try field.absolutePath()
        case SpecTag.oomCounterFile: oomCounterFile = try field.absolutePath()
        case SpecTag.socketName: socketName = try field.fileName()
        case SpecTag.sandboxTags: try sandbox.take(field)
        default: try policy.take(field)
        }
    }

    /// The steps of one stage, in order.
    package func forEachSandboxStep(_ stage: SandboxView.Stage, _ body: (SandboxStepView) -> Void) {
        guard sandbox.hasSteps else { return }
        var reader = fields
        // The initialiser has walked these fields without an error, so nothing throws here.
        while let field = try? reader.next() {
            guard field.tag == stage.tag, let step = try? SandboxStepView(field) else { continue }
            body(step)
        }
    }

    private static func counted(_ count: Int, _ max: Int) throws(WireError) -> Int {
        guard count < max else { throw .tooLarge }
        return count + 1
    }

    /// `argv` and `envp` for execve: pointers into the bytes, with a nil at the end of each. Execve only
    /// reads through them.
    package func arguments() -> [UnsafeMutablePointer<CChar>?] { strings(SpecTag.argument, argumentCount) }
    package func environment() -> [UnsafeMutablePointer<CChar>?] {
        strings(SpecTag.environment, environmentCount)
    }

    private func strings(_ tag: UInt16, _ count: Int) -> [UnsafeMutablePointer<CChar>?] {
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        pointers.reserveCapacity(count + 1)
        var reader = fields
        // The initialiser has walked these fields without an error, so nothing throws here.
        while pointers.count < count, let field = try? reader.next() {
            guard field.tag == tag, let string = try? field.cString() else { continue }
            pointers.append(UnsafeMutablePointer(mutating: string))
        }
        pointers.append(nil)
        return pointers
    }
}

extension LaunchSpec {
    /// A copy of what `encoded()` wrote.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in LaunchSpec(try LaunchSpecView(raw)) }
    }

    /// What `record(redacting:)` wrote, the redacted values empty.
    package init(record bytes: [UInt8]) throws(WireError) {
        self = try withBytes(bytes) { (raw) throws(WireError) in
            LaunchSpec(try LaunchSpecView(raw, type: FrameType.specRecord, sealed: true))
        }
    }

    private init(_ view: LaunchSpecView) {
        self.init(
            runID: String(decoding: view.runID, as: UTF8.self), executable: String(cString: view.executable),
            arguments: view.arguments().compactMap { $0.map { String(cString: $0) } })
        mode = view.mode
        bootID = String(decoding: view.bootID, as: UTF8.self)
        environment = view.environment().compactMap { $0.map { String(cString: $0) } }
        workingDirectory = view.workingDirectory.map { String(cString: $0) } ?? "/"
        user = view.user
        group = view.group
        supplementaryGroups = view.supplementaryGroups
        umask = view.umask
        nofile = view.nofile
        core = view.core
        noNewPrivileges = view.noNewPrivileges
        hasInputPipe = view.hasInputPipe
        passed = view.passed
        owner = view.owner
        storeMax = view.storeMax
        policy = view.policy
        sandbox = SandboxSteps(view)
        cgroups.tasksDirectories = view.tasksDirectories.map { String(cString: $0) }
        cgroups.unifiedDirectory = view.unifiedDirectory.map { String(cString: $0) }
        cgroups.killDirectory = view.killDirectory.map { String(cString: $0) }
        cgroups.oomCounterFile = view.oomCounterFile.map { String(cString: $0) }
        socketName = view.socketName.map { String(cString: $0) } ?? ""
    }
}
