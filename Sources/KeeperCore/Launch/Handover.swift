import CLinux
import Glibc

/// Descriptors on their way to a program, by the convention of sd_listen_fds(3).
struct Handover {
    static let first: Int32 = 3
    let descriptors: [Int32]
    let names: [String]

    /// The first number above those that the program gets.
    var end: Int32 { Self.first + Int32(descriptors.count) }

    /// Puts them from `first` on, open across execve. The sources may stand anywhere: copies above all of
    /// them are made first, and left for the caller to close with the rest. False with errno.
    func place() -> Bool {
        let above = max(end, (descriptors.max() ?? 0) + 1) + 1
        var copies: [Int32] = []
        for descriptor in descriptors {
            let copy = clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, above)
            guard copy >= 0 else { return false }
            copies.append(copy)
        }
        for (index, copy) in copies.enumerated() {
            // Unlike its source, the result of dup2 stays open across execve.
            guard dup2(copy, Self.first + Int32(index)) >= 0 else { return false }
        }
        return true
    }

    /// Of the process that calls this: the program must find its own pid there.
    func variables() -> [String] {
        [
            "LISTEN_PID=\(getpid())", "LISTEN_FDS=\(descriptors.count)",
            "LISTEN_FDNAMES=\(names.joined(separator: ":"))",
        ]
    }
}
