import CLinux
import Glibc
import KeeperProtocol

/// What passes between a keeper and the child that it has forked, over one socket pair: the keeper's word to
/// go, and the child's word on which step it is at. The child's end is close-on-exec, so end of file after
/// "executing" means that the program runs.
enum LaunchReport: Equatable {
    /// Nothing stands between the child and its program but execve itself.
    case executing
    /// `subject`: the path that it was about, or "".
    case failed(step: LaunchStep, errno: Int32, subject: String)
    case endOfFile
    /// Nothing has been said yet.
    case none

    /// Step, then errno in four bytes; the subject follows.
    private static let size = 5
    private static let sizeMax = size + WireLimits.failedPathBytesMax

    static func send(
        _ socket: Int32, step: LaunchStep, errno: Int32, subject: UnsafePointer<CChar>? = nil
    ) {
        withUnsafeTemporaryAllocation(byteCount: sizeMax, alignment: 1) { buffer in
            buffer[0] = step.rawValue
            buffer.storeBytes(of: errno.littleEndian, toByteOffset: 1, as: Int32.self)
            var length = size
            if let subject {
                let bytes = min(strlen(subject), WireLimits.failedPathBytesMax)
                buffer.baseAddress?.advanced(by: size).copyMemory(from: subject, byteCount: bytes)
                length += bytes
            }
            // Nobody is left to be told of a failure here. The one call that every filter has to allow.
            _ = write(socket, buffer.baseAddress, length)
        }
    }

    static func receive(_ socket: Int32) -> LaunchReport {
        withUnsafeTemporaryAllocation(byteCount: sizeMax, alignment: 1) { buffer in
            let length = clinux_receive(socket, buffer.baseAddress, sizeMax, nil, 0, nil, 1)
            if length < 0 { return errno == EAGAIN ? .none : .endOfFile }
            guard length >= size else { return .endOfFile }
            let code = Int32(littleEndian: buffer.loadUnaligned(fromByteOffset: 1, as: Int32.self))
            let step = LaunchStep(rawValue: buffer[0]) ?? .unknown
            if step == .execute, code == 0 { return .executing }
            let subject = String(decoding: buffer[size..<length], as: UTF8.self)
            return .failed(step: step, errno: code, subject: subject)
        }
    }

    static func sendGo(_ socket: Int32) {
        var go: UInt8 = 1
        _ = clinux_send(socket, &go, 1, nil, 0, 0)
    }

    /// Whether the other end is closed.
    static func isPeerGone(_ socket: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: 0, revents: 0)
        return clinux_poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLHUP | POLLERR) != 0
    }

    /// Blocks. False at end of file: the keeper is gone, and the child must go too.
    static func waitForGo(_ socket: Int32) -> Bool {
        var go: UInt8 = 0
        return clinux_receive(socket, &go, 1, nil, 0, nil, 0) == 1
    }
}
