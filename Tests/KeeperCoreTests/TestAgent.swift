import CLinux
import Glibc
import KeeperProtocol
import Testing

/// The agent's side, as small as a test needs it: a state directory, a zygote, and what it answers.
final class TestAgent {
    let directory: String
    private(set) var zygote: pid_t = -1
    private(set) var requests: Int32 = -1
    private var socketDirectory: Int32 = -1
    private var nextRequest: UInt64 = 1
    private var runs: [TestRun] = []
    /// Whom the zygote runs as; nil is as the tests.
    private let user: UInt32?

    init(user: UInt32? = nil) {
        self.user = user
        var template = Array("/tmp/plumb-keeper-test.XXXXXX".utf8CString)
        // A test without a directory of its own cannot mean anything.
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(errno)") }
        directory = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        makeDirectory(directory + "/k")
        socketDirectory = open(directory + "/k", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if let user { chown(directory, user, user) }
        startZygote()
    }

    private func makeDirectory(_ path: String) {
        mkdir(path, 0o700)
        if let user { chown(path, user, user) }
    }

    /// Ends what is left of the runs, the zygote and the directory.
    func cleanUp() {
        disconnect()
        for run in runs { run.destroy() }
        if zygote > 0 {
            kill(zygote, SIGKILL)
            clinux_wait(zygote, 0, nil)
        }
        close(socketDirectory)
        removeTree(directory)
    }

    /// As if the agent died.
    func disconnect() {
        if requests >= 0 { close(requests) }
        requests = -1
    }

    func startZygote() {
        var pair: [Int32] = [-1, -1]
        #expect(clinux_seqpacket_pair(&pair) == 0)
        let lock = open(directory + "/zygote.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Through high numbers, so that neither overwrites the other.
        posix_spawn_file_actions_adddup2(&actions, pair[1], 200)
        posix_spawn_file_actions_adddup2(&actions, lock, 201)
        var arguments = [KeeperBinary.path, "zygote", "--fd", "200", "--lock-fd", "201"]
        if let user {
            let become = ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
            arguments = become + arguments
        }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let failure = posix_spawn(&zygote, arguments[0], &actions, nil, &pointers, environ)
        #expect(failure == 0, "\(KeeperBinary.path)")
        close(pair[1])
        close(lock)
        requests = pair[0]
    }

    func slot(_ name: String) -> String {
        let slot = "\(directory)/slots/\(name)"
        makeDirectory(directory + "/slots")
        makeDirectory(slot)
        makeDirectory(slot + "/output")
        return slot
    }

    /// Sends the request of a run; `reply()` is still to be read.
    func request(
        _ spec: LaunchSpec, slot name: String, notify: Int32 = -1, listen: [Int32] = [],
        stored: [Int32] = []
    ) -> TestRun {
        request(
            spec.encoded(), runID: spec.runID, socketName: spec.socketName, slot: name, notify: notify,
            listen: listen, stored: stored)
    }

    /// The same with any bytes in place of a specification.
    func request(
        _ spec: [UInt8], runID: String = "", socketName: String = "", slot name: String,
        notify: Int32 = -1, listen: [Int32] = [], stored: [Int32] = []
    ) -> TestRun {
        let slot = slot(name)
        let lock = open(slot + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(clinux_ofd_lock(lock) == 0)
        let memfd = sealedMemory(spec)
        let slotDirectory = open(slot, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let output = open(slot + "/output", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var pair: [Int32] = [-1, -1]
        #expect(clinux_seqpacket_pair(&pair) == 0)
        send(
            ZygoteRequest.runDescriptors + (notify < 0 ? [] : [.notify]) + listen.map { _ in .listen }
                + stored.map { _ in .stored },
            [lock, memfd, slotDirectory, output, pair[1], socketDirectory] + (notify < 0 ? [] : [notify])
                + listen + stored)
        for descriptor in [lock, memfd, slotDirectory, output, pair[1]] { close(descriptor) }
        let run = TestRun(
            control: pair[0], slot: slot, runID: runID,
            socketPath: "/proc/self/fd/\(socketDirectory)/\(socketName)")
        run.send(.hello(version: protocolVersion))
        runs.append(run)
        return run
    }

    /// A run whose keeper has been forked.
    func start(
        _ spec: LaunchSpec, slot: String = "web-0", notify: Int32 = -1, listen: [Int32] = [],
        stored: [Int32] = []
    ) -> TestRun {
        let run = request(spec, slot: slot, notify: notify, listen: listen, stored: stored)
        if case .forked(let keeper) = reply()?.outcome {
            run.keeper = keeper
        } else {
            Issue.record("not forked")
        }
        return run
    }

    func startProbe(_ spec: LaunchSpec) -> Int32 {
        let memfd = sealedMemory(spec.encoded())
        var pair: [Int32] = [-1, -1]
        #expect(clinux_seqpacket_pair(&pair) == 0)
        send(ZygoteRequest.probeDescriptors, [memfd, pair[1]])
        close(memfd)
        close(pair[1])
        #expect(reply() != nil)
        return pair[0]
    }

    func send(_ roles: [DescriptorRole?], _ descriptors: [Int32]) {
        let request = ZygoteRequest(requestID: nextRequest, descriptors: roles).encoded()
        nextRequest += 1
        #expect(
            clinux_send(requests, request, request.count, descriptors, descriptors.count, 0) == request.count)
    }

    func reply() -> ZygoteReply? {
        receivePacket(requests, within: 10).flatMap { try? ZygoteReply(decoding: $0) }
    }

    /// Reads all replies that are there.
    func forgetReplies() { while receivePacket(requests, within: 0.2) != nil {} }
}

func sealedMemory(_ bytes: [UInt8]) -> Int32 {
    let memory = clinux_memfd("spec")
    #expect(write(memory, bytes, bytes.count) == bytes.count)
    #expect(clinux_memfd_seal(memory) == 0)
    return memory
}

/// One packet, or nil at the end of file or the deadline.
func receivePacket(_ socket: Int32, within seconds: Double) -> [UInt8]? {
    var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard clinux_poll(&entry, 1, Int64(seconds * 1e9)) > 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: WireLimits.messageBytesMax)
    let length = clinux_receive(socket, &buffer, buffer.count, nil, 0, nil, 1)
    return length > 0 ? Array(buffer[0..<length]) : nil
}

func removeTree(_ path: String) {
    if let directory = opendir(path) {
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(directory)
        for name in names {
            var status = stat()
            let child = path + "/" + name
            if lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                removeTree(child)
            } else {
                unlink(child)
            }
        }
    }
    rmdir(path)
}
