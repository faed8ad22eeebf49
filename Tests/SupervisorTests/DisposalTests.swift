import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// Descriptors that take long to close, and whom that holds up.
@Suite struct DisposalTests {
    /// One whose close waits for ten minutes for somebody who reads nothing, and that one.
    private func lingering() throws -> (slow: Int32, peer: Int32) {
        let listener = clinux_listen_inet("127.0.0.1", 0, 0)
        defer { close(listener) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let slow = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(listener, $0, &length)
                #expect(connect(slow, $0, length) == 0)
            }
        }
        let peer = accept(listener, nil, nil)
        _ = clinux_set_nonblocking(slow, 1)
        let bytes = [UInt8](repeating: 0, count: 65536)
        while send(slow, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 {}
        var patience = linger(l_onoff: 1, l_linger: 600)
        setsockopt(slow, SOL_SOCKET, SO_LINGER, &patience, socklen_t(MemoryLayout<linger>.size))
        return (slow, peer)
    }

    @Test func theStoreWaitsForNoClose() async throws {
        let (slow, peer) = try lingering()
        let store = DescriptorStore(disposal: Disposal())
        let slot = SlotID(instance: "web", index: 0)
        store.replace(slot, [PassedDescriptor(kind: .stored, name: "x", key: "")], [slow])
        let isDone = Mutex(false)
        Task.detached {
            store.replace(slot, [], [])
            isDone.withLock { $0 = true }
        }
        await eventually("it is let go of") { isDone.withLock { $0 } }
        await eventually("it is closed") { fcntl(slow, F_GETFD) < 0 }
        close(peer)
    }

    @Test func aRunThatStoresWhatIsSlowToCloseHoldsUpNoOther() async throws {
        try await withHost { host in
            let script = """
                go = os.environ['PLUMB_WORKSPACE_DIR'] + '/go'
                s.connect(os.environ['NOTIFY_SOCKET'])
                l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
                c = socket.create_connection(l.getsockname()); p, _ = l.accept()
                c.setblocking(False)
                try:
                    while True: c.send(b'x' * 65536)
                except BlockingIOError: pass
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\\1\\0\\0\\0\\x58\\2\\0\\0')
                socket.send_fds(s, [b'FDSTORE=1\\nFDNAME=slow\\nFDPOLL=0'], [c.fileno()]); c.close()
                while not os.path.exists(go): time.sleep(0.01)
                tell('FDSTOREREMOVE=1\\nFDNAME=slow'); time.sleep(600)
                """
            var process = ProcessSpec(
                command: "/usr/bin/python3", args: ["-uc", HeartbeatTests.preamble + script], notify: true)
            process.fileDescriptorStoreMax = 4
            try await host.start(spec(process))
            let slot = SlotID(instance: "web", index: 0)
            func stored() -> Int {
                let copies = (try? host.supervisor.store.copies(of: slot, max: 4)) ?? []
                for (_, raw) in copies { close(raw) }
                return copies.count
            }
            await eventually("it is stored") { stored() == 1 }
            let replica = host.supervisor.layout.replica(ReplicaID(instance: "web", index: 0))
            writeFile("\(replica)/workspace/go", "")
            await eventually("it is let go of") { stored() == 0 }
            #expect(try await host.runToEnd("exit 3", instance: "other").cause == .exited(code: 3))
        }
    }
}
