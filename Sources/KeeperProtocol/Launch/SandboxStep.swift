/// One step of shutting a run in. Policy as data: the child walks the steps in order, and the first that
/// fails ends it, under the name that the step carries.
package struct SandboxStep: Equatable, Sendable {
    /// The numbers are for ever. `first` and `second` are the two numbers of a step, `texts` its strings.
    package enum Kind: UInt8, Sendable {
        /// `first`: CLONE_NEW… flags. With CLONE_NEWNS no mount gets out any more, and the sources of all
        /// `bind` steps that follow are taken at this moment.
        case unshare = 1
        /// User `first` and group `second` are themselves in the new user namespace, and nobody else is.
        case mapIDs = 2
        /// `texts`: type, target, options. `first`: MS_… flags. `second`: `SandboxStep.optional`, `.makes`.
        case mount = 6
        /// `texts`: source, target. `second`: `.optional`, `.makes`, `.readOnly`, `.noExec`.
        case bind = 7
        /// `texts`: path. `second`: `.optional`, `.recursive`, `.inPlace` for a path that is a mount.
        case readOnly = 8
        /// Hides what is at `texts[0]`: a directory is empty, a file is /dev/null.
        case mask = 9
        case symbolicLink = 10
        case loopbackUp = 11
        /// `data`: a program for packets. `texts`: the version 2 control group. `first`: 0 in, 1 out.
        case packetFilter = 12
        /// `first`: the set that is kept.
        case boundCapabilities = 13
        case keepCapabilities = 14
        /// `first`: kept, `second`: ambient.
        case setCapabilities = 15
        /// `first`: rights over files that are handled, `second`: scopes, and in the upper half the rights
        /// over ports.
        case landlock = 16
        /// `texts`: path. `first`: rights there. `second`: `.optional`.
        case landlockPath = 17
        case landlockEnforce = 18
        /// `data`: the program. Comes last, right before execve.
        case seccomp = 19

        /// How many strings it has.
        var textCount: Int {
            switch self {
            case .mount: 3
            case .bind, .symbolicLink: 2
            case .readOnly, .mask, .packetFilter, .landlockPath: 1
            default: 0
            }
        }
    }

    package static let optional: UInt64 = 1
    package static let makes: UInt64 = 2
    package static let readOnly: UInt64 = 4
    package static let recursive: UInt64 = 8
    package static let noExec: UInt64 = 16
    package static let inPlace: UInt64 = 32
    package static let scopesMask: UInt64 = 0xFFFF_FFFF
    package static let networkShift: UInt64 = 32

    package var kind: Kind
    /// What is said where it fails.
    package var name: LaunchStep
    package var first: UInt64
    package var second: UInt64
    package var texts: [String]
    package var data: [UInt8]

    package init(
        _ kind: Kind, _ name: LaunchStep, first: UInt64 = 0, second: UInt64 = 0, texts: [String] = [],
        data: [UInt8] = []
    ) {
        self.kind = kind
        self.name = name
        self.first = first
        self.second = second
        self.texts = texts
        self.data = data
    }

    /// Kind, name, how many strings (a byte each), the two numbers, the strings with a zero byte each, data.
    var encoded: [UInt8] {
        var bytes: [UInt8] = [kind.rawValue, name.rawValue, UInt8(clamping: texts.count)]
        for number in [first, second] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        for text in texts {
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        }
        return bytes + data
    }
}

/// A step read in place.
package struct SandboxStepView {
    /// Nil: a step that this version does not know, which must not be passed over.
    package let kind: SandboxStep.Kind?
    package let name: LaunchStep
    package let first: UInt64
    package let second: UInt64
    package let data: UnsafeRawBufferPointer
    private let strings: (UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?)

    static let textsMax = 3
    private static let head = 19

    init(_ field: FieldReader.Field) throws(WireError) {
        let value = field.value
        guard value.count >= Self.head, value[2] <= Self.textsMax else { throw .field(field.tag) }
        kind = SandboxStep.Kind(rawValue: value[0])
        guard Int(value[2]) >= kind?.textCount ?? 0 else { throw .field(field.tag) }
        name = LaunchStep(rawValue: value[1]) ?? .unknown
        first = value.littleEndian(UInt64.self, at: 3)
        second = value.littleEndian(UInt64.self, at: 11)
        var start = Self.head
        var found: (UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil, nil)
        for index in 0..<Int(value[2]) {
            guard let end = value[start...].firstIndex(of: 0), let base = value.baseAddress else {
                throw .field(field.tag)
            }
            let text = (base + start).assumingMemoryBound(to: CChar.self)
            if index == 0 { found.0 = text } else if index == 1 { found.1 = text } else { found.2 = text }
            start = end + 1
        }
        strings = found
        data = UnsafeRawBufferPointer(rebasing: value[start...])
    }

    /// Nil beyond the strings that the step has.
    package func text(_ index: Int) -> UnsafePointer<CChar>? {
        index == 0 ? strings.0 : index == 1 ? strings.1 : strings.2
    }

    package func has(_ flag: UInt64) -> Bool { second & flag != 0 }

    var copy: SandboxStep? {
        guard let kind else { return nil }
        let texts = [strings.0, strings.1, strings.2].compactMap { $0.map { String(cString: $0) } }
        return SandboxStep(kind, name, first: first, second: second, texts: texts, data: Array(data))
    }
}

/// How a run is shut in.
package struct SandboxSteps: Equatable, Sendable {
    /// CLONE_NEW… flags with which the child is born. With CLONE_NEWPID it is the first process of its
    /// namespace, and the workload is its child.
    package var cloneFlags: UInt64 = 0
    /// For a probe: the run's process, whose namespaces it enters where a run would make its own.
    package var joined: ProcessIdentity?
    /// With the rights of the keeper, before the ids are changed.
    package var enter: [SandboxStep] = []
    /// With the ids of the run, and no_new_privs.
    package var confine: [SandboxStep] = []
    /// Right before execve.
    package var filter: [SandboxStep] = []

    package init() {}
    package var isEmpty: Bool { self == SandboxSteps() }
}
