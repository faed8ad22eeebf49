import Glibc

/// The steps in the life of a run at which a test lets a process die or stop. Debug builds alone have them.
package enum FailPoint: CaseIterable, Sendable {
    // The agent's.
    case claimDurable, slotLocked, requestSent, requestAnswered, startedTold, exitTold, exitDurable
    // The zygote's.
    case requestReceived, keeperForked
    // The keeper's, and its child's.
    case keeperBegun, childForked, idWritten, goSent, goReceived, executing, execDone
    case exitReaped, treeKilled, recordWritten, acknowledged
}

#if PLUMB_FAIL_POINTS

    extension FailPoint {
        private static let variable = "PLUMB_FAIL_POINT"
        private static let lineBytes = 12

        /// `PLUMB_FAIL_POINT=goSent,2,9,/path`: the second who reaches `goSent` sends itself signal 9.
        /// The file counts over all processes of a host, so that a successor of the victim goes on unharmed;
        /// its last line is the victim's pid.
        package static func reach(_ point: FailPoint) {
            guard let text = getenv(variable).map({ String(cString: $0) }), text.hasPrefix("\(point),") else {
                return
            }
            let parts = text.split(separator: ",", maxSplits: 3)
            guard parts.count == 4, let count = Int(parts[1]), let signal = Int32(parts[2]) else { return }
            let file = open(String(parts[3]), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
            guard file >= 0 else { return }
            // One write is one place in the file, whoever else writes at the same moment.
            let line = Array("\(getpid())\n".utf8)
            let padded = Array(repeating: UInt8(ascii: " "), count: lineBytes - line.count) + line
            _ = write(file, padded, lineBytes)
            let place = Int(lseek(file, 0, SEEK_CUR)) / lineBytes
            close(file)
            if place == count { kill(getpid(), signal) }
        }

        /// What a zygote, whose environment is empty otherwise, gets of the agent's.
        package static var inherited: [String] {
            [variable, "PLUMB_TEST_WALL_OFFSET"].compactMap { (name: String) in
                getenv(name).map { "\(name)=\(String(cString: $0))" }
            }
        }

        /// The boot that a test pretends.
        package static var pretendedBootID: String? {
            getenv("PLUMB_TEST_BOOT_ID").map { String(cString: $0) }
        }
    }

#else

    extension FailPoint {
        @inlinable @inline(__always) package static func reach(_ point: FailPoint) {}
        @inlinable @inline(__always) package static var inherited: [String] { [] }
        @inlinable @inline(__always) package static var pretendedBootID: String? { nil }
    }

#endif
