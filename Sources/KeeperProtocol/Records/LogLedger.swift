/// Why bytes of a workload's output are not in its log. The numbers are for ever.
package enum LogLoss: Equatable, Hashable, Sendable {
    /// Opening, rotating or writing failed with this errno: disk full, read-only, immutable, ….
    case refused(errno: Int32)
    /// Somebody removed the file, with what was in it.
    case removed
    /// Somebody made the file shorter.
    case truncated
    /// Something that is not a file stands where the log should be.
    case notAFile
    /// Of a newer keeper.
    case unknown

    private enum Code {
        static let refused: UInt64 = 1
        static let removed: UInt64 = 2
        static let truncated: UInt64 = 3
        static let notAFile: UInt64 = 4
    }

    /// 40 bits: what, and the errno.
    package var packed: UInt64 {
        switch self {
        case .refused(let number): Code.refused << 32 | UInt64(UInt32(bitPattern: number))
        case .removed: Code.removed << 32
        case .truncated: Code.truncated << 32
        case .notAFile: Code.notAFile << 32
        case .unknown: 0
        }
    }

    package init(packed: UInt64) {
        switch packed >> 32 {
        case Code.refused: self = .refused(errno: Int32(truncatingIfNeeded: packed))
        case Code.removed: self = .removed
        case Code.truncated: self = .truncated
        case Code.notAFile: self = .notAFile
        default: self = .unknown
        }
    }
}

/// How a run ended, as far as its log tells. The numbers are for ever.
package enum LogRunEnd: Equatable, Hashable, Sendable {
    case exited(code: Int32)
    case signaled(Int32, oomKilled: Bool)
    /// Its program was never executed.
    case notStarted
    /// Of a newer keeper.
    case unknown

    private enum Code {
        static let exited: UInt64 = 1
        static let signaled: UInt64 = 2
        static let notStarted: UInt64 = 3
    }
    private static let oomFlag: UInt64 = 1 << 40

    /// 48 bits: flags, what, and a number.
    package var packed: UInt64 {
        switch self {
        case .exited(let code): Code.exited << 32 | UInt64(UInt32(bitPattern: code))
        case .signaled(let number, let oomKilled):
            Code.signaled << 32 | UInt64(UInt32(bitPattern: number)) | (oomKilled ? Self.oomFlag : 0)
        case .notStarted: Code.notStarted << 32
        case .unknown: 0
        }
    }

    package init(packed: UInt64) {
        let number = Int32(truncatingIfNeeded: packed)
        switch packed >> 32 & 0xFF {
        case Code.exited: self = .exited(code: number)
        case Code.signaled: self = .signaled(number, oomKilled: packed & Self.oomFlag != 0)
        case Code.notStarted: self = .notStarted
        default: self = .unknown
        }
    }

    package init(_ cause: ExitCause, oomKilled: Bool) {
        switch cause {
        case .exited(let code): self = .exited(code: code)
        case .signaled(let number, _): self = .signaled(number, oomKilled: oomKilled)
        case .execFailed, .lostBeforeExec: self = .notStarted
        }
    }
}
