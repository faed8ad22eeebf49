import Agent
import CLinux
import Dispatch
import Foundation
import Glibc
import Reconciler
import Synchronization

/// One connection to the control socket, in a thread of its own: read a line, ask the loop, write a line.
/// Each step has a deadline, so that nobody can hold a place for long.
struct ControlConnection {
    let descriptor: Int32
    let access: ControlAccess
    let handler: ControlServer.Handler

    func serve() {
        guard let caller = caller() else { return }
        write(ControlAnswer(outcome(for: caller)))
    }

    private func outcome(for caller: Caller) -> ControlOutcome {
        let isAllowed = access.allows(caller.uid) { clinux_peer_has_group(descriptor, $0) == 1 }
        guard isAllowed else { return .refused(access.refusal(of: caller)) }
        do throws(ControlRefusal) {
            return ask(try ControlRequest(line: readLine()), caller)
        } catch {
            return .refused(error)
        }
    }

    /// As the kernel knows whoever connected.
    private func caller() -> Caller? {
        var (pid, uid, gid) = (pid_t(0), uid_t(0), gid_t(0))
        guard clinux_peer(descriptor, &pid, &uid, &gid) == 0 else { return nil }
        return Caller(uid: uid, user: UserNames.name(of: uid), pid: pid)
    }

    private func ask(_ request: ControlRequest, _ caller: Caller) -> ControlOutcome {
        let answer = AwaitedAnswer()
        handler(request, caller, ControlReply { answer.give($0) })
        return answer.wait(atMost: ControlLimits.answerMax)
            ?? .refused(
                ControlRefusal(
                    code: "Busy", message: "the agent is busy, and may do it still",
                    remedy: "look at `plumb events` before you ask again"))
    }

    private func readLine() throws(ControlRefusal) -> [UInt8] {
        let deadline = ContinuousClock.now + ControlLimits.requestMax
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                if let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) {
                    line += buffer[..<end]
                    break
                }
                line += buffer[..<count]
                guard line.count <= ControlLimits.lineBytesMax else { break }
            } else if count == 0 {
                break
            } else if errno == EAGAIN {
                guard wait(for: POLLIN, until: deadline) else {
                    throw ControlRefusal(code: "BadRequest", message: "no whole request came in time")
                }
            } else if errno != EINTR {
                break
            }
        }
        guard line.count <= ControlLimits.lineBytesMax else {
            throw ControlRefusal(
                code: "BadRequest", message: "a request has \(ControlLimits.lineBytesMax) bytes at most")
        }
        return line
    }

    private func write(_ answer: ControlAnswer) {
        // Every member is a text or a number: encoding it cannot fail.
        guard var bytes = (try? JSONEncoder().encode(answer)).map({ [UInt8]($0) }) else { return }
        bytes.append(UInt8(ascii: "\n"))
        let deadline = ContinuousClock.now + ControlLimits.requestMax
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else if errno == EAGAIN {
                guard wait(for: POLLOUT, until: deadline) else { return }
            } else if errno != EINTR {
                return
            }
        }
    }

    /// False once the deadline is over.
    private func wait(for event: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        let left = deadline - .now
        guard left > .zero else { return false }
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return poll(&entry, 1, Int32(left / .milliseconds(1)) + 1) != 0
    }
}

/// An outcome that the loop gives, and a thread waits for.
private final class AwaitedAnswer: Sendable {
    private let given = Mutex<ControlOutcome?>(nil)
    private let bell = DispatchSemaphore(value: 0)

    func give(_ outcome: ControlOutcome) {
        given.withLock { $0 = outcome }
        bell.signal()
    }

    /// nil: it did not come in time.
    func wait(atMost most: Duration) -> ControlOutcome? {
        _ = bell.wait(timeout: .now() + .milliseconds(Int(most / .milliseconds(1))))
        return given.withLock { $0 }
    }
}
