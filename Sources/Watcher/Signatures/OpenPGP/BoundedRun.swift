import CLinux
import Glibc

/// A program that is run to its end, or to its deadline. Its input and output are files in memory, so that
/// neither side waits for the other.
struct BoundedRun {
    var command: [String]
    var environment: [String]
    /// What it reads from its input, and from descriptor 3.
    var input: [UInt8] = []
    var extra: [UInt8] = []
    var deadline: Duration

    struct Outcome {
        /// Nil: it was killed at its deadline.
        let code: Int32?
        let output: [UInt8]
    }

    static let outputBytesMax = 256 << 10
    /// Where the second input is found.
    static let extraPath = "/proc/self/fd/3"

    /// To be called on a thread that may block.
    /// - Throws: the errno of the call that failed.
    func run() throws(Refusal) -> Outcome {
        let (source, second, sink) = (memory(input), memory(extra), memory([]))
        defer { for descriptor in [source, second, sink] where descriptor >= 0 { close(descriptor) } }
        guard source >= 0, second >= 0, sink >= 0 else { throw Refusal(code: errno) }
        let pid = try spawn(source, second, sink)
        let code = wait(for: pid)
        return Outcome(code: code, output: contents(of: sink))
    }

    struct Refusal: Error { let code: Int32 }

    private func memory(_ bytes: [UInt8]) -> Int32 {
        let descriptor = clinux_memfd("plumb")
        guard descriptor >= 0 else { return -1 }
        _ = bytes.withUnsafeBytes { DescriptorIO.writeAll($0, to: descriptor) }
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    /// In a group of its own, so that what it starts ends with it.
    private func spawn(_ source: Int32, _ second: Int32, _ sink: Int32) throws(Refusal) -> pid_t {
        var child = ChildSpawn(command, environment: environment)
        child.pass(source, as: STDIN_FILENO)
        child.pass(sink, as: STDOUT_FILENO)
        child.open("/dev/null", O_WRONLY, as: STDERR_FILENO)
        child.pass(second, as: 3)
        var pid: pid_t = 0
        let code = child.start(&pid)
        guard code == 0 else { throw Refusal(code: code) }
        return pid
    }

    /// Its group is killed before it is reaped, while the number is certainly its own.
    private func wait(for pid: pid_t) -> Int32? {
        let handle = clinux_pidfd_open(pid)
        defer { if handle >= 0 { close(handle) } }
        let end = ContinuousClock.now + deadline
        var isInTime = false
        while !isInTime {
            if clinux_peek_exit(pid) == pid {
                isInTime = true
                break
            }
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            var entry = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
            // Without a pidfd it is looked at now and then.
            _ = poll(&entry, handle >= 0 ? 1 : 0, handle >= 0 ? left.pollMilliseconds : 5)
        }
        kill(-pid, SIGKILL)
        var usage = clinux_usage()
        while clinux_wait(pid, 0, &usage) < 0, errno == EINTR {}
        guard isInTime else { return nil }
        return clinux_wifexited(usage.status) != 0 ? clinux_wexitstatus(usage.status) : 128
    }

    private func contents(of descriptor: Int32) -> [UInt8] {
        let count = min(max(0, Int(lseek(descriptor, 0, SEEK_END))), Self.outputBytesMax)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, 0))
        }
    }
}
