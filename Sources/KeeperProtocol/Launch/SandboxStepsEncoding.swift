/// Tags of a sandbox within a launch specification. The numbers are for ever.
extension SpecTag {
    static let sandboxEnter: UInt16 = 40
    static let sandboxConfine: UInt16 = 41
    static let sandboxFilter: UInt16 = 42
    static let cloneFlags: UInt16 = 43
    static let joinedPid: UInt16 = 44
    static let joinedStart: UInt16 = 45
    static let sandboxTags = sandboxEnter...joinedStart
}

extension FieldWriter {
    mutating func put(_ sandbox: SandboxSteps) {
        if sandbox.cloneFlags != 0 { put(SpecTag.cloneFlags, sandbox.cloneFlags) }
        if let joined = sandbox.joined {
            put(SpecTag.joinedPid, joined.pid)
            put(SpecTag.joinedStart, joined.startTicks)
        }
        for step in sandbox.enter { put(SpecTag.sandboxEnter, step.encoded) }
        for step in sandbox.confine { put(SpecTag.sandboxConfine, step.encoded) }
        for step in sandbox.filter { put(SpecTag.sandboxFilter, step.encoded) }
    }
}

/// The sandbox of a specification that is read in place.
package struct SandboxView {
    /// What is done when.
    package enum Stage: Sendable {
        case enter
        case confine
        case filter

        var tag: UInt16 {
            switch self {
            case .enter: SpecTag.sandboxEnter
            case .confine: SpecTag.sandboxConfine
            case .filter: SpecTag.sandboxFilter
            }
        }
    }

    package private(set) var cloneFlags: UInt64 = 0
    private var joinedPid: Int32?
    private var joinedStart: UInt64 = 0
    /// Most runs have none, and need not walk their fields for it.
    package private(set) var hasSteps = false

    package var joined: ProcessIdentity? {
        joinedPid.map { ProcessIdentity(pid: $0, startTicks: joinedStart) }
    }

    init() {}

    mutating func take(_ field: FieldReader.Field) throws(WireError) {
        switch field.tag {
        case SpecTag.cloneFlags: cloneFlags = try field.integer()
        case SpecTag.joinedPid: joinedPid = try field.integer()
        case SpecTag.joinedStart: joinedStart = try field.integer()
        default:
            _ = try SandboxStepView(field)
            hasSteps = true
        }
    }
}

extension SandboxSteps {
    init(_ view: LaunchSpecView) {
        self.init()
        cloneFlags = view.sandbox.cloneFlags
        joined = view.sandbox.joined
        view.forEachSandboxStep(.enter) { if let step = $0.copy { enter.append(step) } }
        view.forEachSandboxStep(.confine) { if let step = $0.copy { confine.append(step) } }
        view.forEachSandboxStep(.filter) { if let step = $0.copy { filter.append(step) } }
    }
}
