import CLinux
import Glibc
import Testing

/// Waits for a condition, looking at it often, and fails the test at the deadline.
@discardableResult
func eventually(
    _ what: String, within seconds: Double = 60, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) -> Bool {
    let deadline = clinux_boottime_ns() + UInt64(seconds * 1e9)
    while !condition() {
        if clinux_boottime_ns() > deadline {
            Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
            return false
        }
        usleep(2000)
    }
    return true
}

/// Whether a process with this pid exists and is no zombie.
func isAlive(_ pid: Int32) -> Bool {
    guard let text = readFile("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return false }
    let rest = text[text.index(end, offsetBy: 2)...]
    return rest.first != "Z" && rest.first != "X"
}

func readFile(_ path: String) -> String? { readBytes(path).map { String(decoding: $0, as: UTF8.self) } }

func readBytes(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let length = read(file, &buffer, buffer.count)
        guard length > 0 else { return bytes }
        bytes += buffer[0..<length]
    }
}

@discardableResult
func writeFile(_ path: String, _ text: String) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { return false }
    defer { close(file) }
    return write(file, text, text.utf8.count) == text.utf8.count
}

/// The pid that a workload wrote to a file.
func readPid(_ path: String) -> Int32? {
    readFile(path).flatMap { Int32($0.filter { $0.isNumber }) }
}

/// Signals one process. Shadows the system's, to which a pid that a failed start left at -1 is everybody.
@discardableResult
func kill(_ pid: pid_t, _ number: Int32) -> Int32 {
    guard pid > 1 else {
        Issue.record("\(pid) is no process of a test")
        return -1
    }
    return Glibc.kill(pid, number)
}
