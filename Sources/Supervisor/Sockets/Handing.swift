import CLinux
import Glibc
import KeeperProtocol
import Manifests
package import Reconciler
import Synchronization

/// What is handed from run to run: who gets it, who gives it back, and when it is let go.
extension Supervisor {
    private static let releaseWaitMax: Duration = .seconds(1)

    /// What is declared and runs needs this; all else that is held is let go.
    package func hold(_ resources: HeldResources) {
        release(held.want(resources))
        store.keep(only: resources.slots)
        let leaving = table.withLock { table in
            table.runs.filter { $0.value.isHolding && !resources.slots.contains($0.value.slot.id) }.map(\.key)
        }
        for run in leaving { send(.releaseDescriptors, to: run) }
    }

    /// Its slot may have ceased to be wanted before it was over.
    func releaseUnwanted(_ run: RunID) {
        guard let slot = table.withLock({ $0[run]?.slot.id }), !held.mayWant(slot) else { return }
        send(.releaseDescriptors, to: run)
    }

    /// Opens what the replicas of a spec will be given.
    func openSockets(_ spec: InstanceSpec) throws(PreparationFailure) {
        let own = spec.heldSockets(index: 0).map(\.socket)
        let others = held.wanted(by: spec.name).filter { socket in
            !own.contains(socket) && spec.mayHold(socket)
        }
        let isLocal = spec.process.sandboxRules.network == .local
        for socket in own + others {
            do throws(PreparationFailure) {
                close(try held.descriptor(of: socket, isLocal: isLocal && geteuid() == 0))
            } catch {
                // It is the program itself that has it, and it will be stopped for this spec.
                guard error.code == PreparationFailure.portInUse, isOpenedByProgram(socket) else {
                    throw error
                }
            }
        }
    }

    private func isOpenedByProgram(_ socket: HeldSocket) -> Bool {
        table.withLock { table in
            table.runs.values.contains { entry in
                guard entry.phase != .over, entry.slot.id.instance == socket.instance else { return false }
                let index = entry.slot.id.replica.index
                return entry.spec?.process.endpoints.contains {
                    $0.listen != true && $0.port(index: index) == socket.port
                } ?? false
            }
        }
    }

    /// The descriptors for one run, and what its keeper is told of them.
    func handedDescriptors(
        _ request: RunRequest, isLocal: Bool, _ launch: inout LaunchSpec
    ) throws(PreparationFailure) -> HandedDescriptors {
        var handed = HandedDescriptors(disposal: disposal)
        let isAlone = table.withLock { table in
            !table.runs.contains { run, entry in
                run != request.run && entry.phase != .over
                    && entry.slot.id.instance == request.slot.instance
            }
        }
        for (name, socket) in request.spec.heldSockets(index: request.slot.replica.index) {
            // What the last program has set is none of the next one's business; one that runs may rely on it.
            let raw = try held.descriptor(of: socket, renews: isAlone)
            // A program may have ended with a shutdown of the socket that all have in common.
            if !isAlone, !socket.isDatagram { _ = listen(raw, SOMAXCONN) }
            handed.add(raw, .listen)
            guard SocketReach.set(raw, isLocal: isLocal) else {
                throw PreparationFailure(
                    code: "port-reach",
                    message: "\(socket.text) cannot be kept to this host: \(SystemError.text(errno))",
                    remedy: "mend the host, or set sandbox.network: full", isTransient: true)
            }
            launch.passed.append(PassedDescriptor(kind: .listen, name: name, key: socket.text))
        }
        let storeMax = request.spec.process.storeMax
        if storeMax == 0 { store.replace(request.slot, [], []) }
        do throws(SystemError) {
            for (entry, raw) in try store.copies(of: request.slot, max: storeMax) {
                handed.add(raw, .stored)
                launch.passed.append(entry)
            }
        } catch {
            throw PreparationFailure(
                code: "stored-descriptors", message: "\(error)", remedy: "mend the host", isTransient: true)
        }
        launch.storeMax = UInt16(clamping: storeMax)
        guard !launch.passed.isEmpty || storeMax > 0 else { return handed }
        launch.owner = request.slot.description
        let own = ["LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES="]
        launch.environment.removeAll { entry in own.contains { entry.hasPrefix($0) } }
        return handed
    }

    /// The slot's new run has all that earlier ones had.
    func releaseHolders(of slot: SlotID, before run: RunID) {
        release(held.takeHolders(of: slot))
        let holding = table.withLock { table in
            table.runs.filter { $0.key != run && $0.value.isHolding && $0.value.slot.id == slot }.map(\.key)
        }
        for run in holding { send(.releaseDescriptors, to: run) }
    }

    /// A program that opens its port by itself has to find it free.
    func waitForHolders(of slot: SlotID, before run: RunID) async {
        let listening = table.withLock { table in
            table.runs.filter { entry in
                entry.key != run && entry.value.isHolding && entry.value.slot.id == slot
                    && entry.value.spec?.heldSockets(index: slot.replica.index).isEmpty != true
            }.map(\.key)
        }
        // What its predecessors have stored is in the agent's hands too.
        for run in listening { send(.releaseDescriptors, to: run) }
        let deadline = Instant.current + Self.releaseWaitMax
        while Instant.current < deadline,
            table.withLock({ table in listening.contains { table[$0]?.isHolding ?? false } })
        {
            await doze(for: .milliseconds(1))
        }
    }

    private func release(_ connections: [Int32]) {
        let bytes = AgentMessage.releaseDescriptors.encoded()
        for connection in connections {
            _ = clinux_send(connection, bytes, bytes.count, nil, 0, 1)
            close(connection)
        }
    }
}

/// Giving back.
extension Supervisor {
    /// Takes over what a keeper holds. What is stored replaces what was known of the slot; with `isStale` the
    /// slot has a newer run, which knows better.
    func takeBack(
        _ passed: [PassedDescriptor], _ descriptors: [Int32], of slot: SlotID, isStale: Bool = false
    ) {
        var stored: (entries: [PassedDescriptor], raws: [Int32]) = ([], [])
        for (entry, raw) in zip(passed, descriptors) {
            if entry.isStored, !isStale {
                stored.entries.append(entry)
                stored.raws.append(raw)
            } else if !entry.isStored, let socket = HeldSocket(instance: slot.instance, text: entry.key) {
                held.adopt(socket, raw)
            } else {
                disposal.take([raw])
            }
        }
        disposal.take(Array(descriptors.dropFirst(passed.count)))
        if !isStale { store.replace(slot, stored.entries, stored.raws) }
    }

    /// Looks for keepers whose run is over and acknowledged, and that hold what it was given.
    func adoptHolders() async {
        // Run ids grow with time: of two holders of a slot the newer one has the last word.
        for name in directoryNames(layout.keeperSockets).sorted() where name.hasSuffix(".sock") {
            let run = RunID(text: String(name.dropLast(".sock".count)))
            // Not those that live; one that ended while no agent was there is known, and not connected.
            guard table.withLock({ $0[run].map { $0.phase == .over } ?? true }) else { continue }
            do throws(SystemError) {
                try await adoptHolder(sockets.connect(to: name))
            } catch {
                // Whom nobody answers for was left by a keeper that was killed.
                if error.number == ECONNREFUSED { sockets.remove(name) }
            }
        }
    }

    private func adoptHolder(_ connection: consuming Descriptor) async {
        let bytes = AgentMessage.takeDescriptors.encoded()
        guard clinux_send(connection.raw, bytes, bytes.count, nil, 0, 1) >= 0,
            await loop.waitUntilReadable(connection.raw, timeout: SupervisorLimits.helloWaitMax)
        else { return }
        var buffer = [UInt8](repeating: 0, count: WireLimits.descriptorsBytesMax)
        let packet = Packet(connection.raw, &buffer)
        guard case .descriptors(let owner, let passed)? = packet.message, let slot = SlotID(owner) else {
            return disposal.take(packet.descriptors)
        }
        let hasLiveRun = table.withLock { table in
            table.current[slot].flatMap { table[$0] }.map { $0.phase != .over } ?? false
        }
        takeBack(passed, packet.descriptors, of: slot, isStale: hasLiveRun)
        if hasLiveRun { return release([connection.release()]) }
        held.adopt(holder: connection.release(), of: slot)
    }
}

/// Descriptors on their way to a keeper. Owns them.
struct HandedDescriptors: ~Copyable {
    private(set) var roles: [DescriptorRole?] = []
    private(set) var descriptors: [Int32] = []
    private let disposal: Disposal

    init(disposal: Disposal) { self.disposal = disposal }

    mutating func add(_ raw: Int32, _ role: DescriptorRole) {
        roles.append(role)
        descriptors.append(raw)
    }

    deinit { disposal.take(descriptors) }
}

/// One packet of a keeper's.
struct Packet {
    /// The bytes received: 0 at the end of file, -1 with `number`.
    let count: Int
    let number: Int32
    private(set) var message: KeeperMessage?
    private(set) var descriptors: [Int32] = []

    /// Without `takesDescriptors` a packet that has any fails with EMSGSIZE, and the kernel drops them.
    init(_ socket: Int32, _ buffer: inout [UInt8], takesDescriptors: Bool = true) {
        var received = [Int32](repeating: -1, count: Int(CLINUX_DESCRIPTORS_MAX))
        var receivedCount = 0
        count = clinux_receive(
            socket, &buffer, buffer.count, &received, takesDescriptors ? received.count : 0, &receivedCount, 1
        )
        number = errno
        guard count > 0 else { return }
        descriptors = Array(received[..<receivedCount])
        message = try? KeeperMessage(decoding: Array(buffer[..<count]))
    }

    init(failed number: Int32) {
        count = -1
        self.number = number
    }
}

extension InstanceSpec {
    /// Whether the socket belongs to one of its replicas.
    fileprivate func mayHold(_ socket: HeldSocket) -> Bool {
        process.endpoints.contains { endpoint in
            endpoint.listen == true && (endpoint.address ?? "") == socket.address
                && (endpoint.indexed ? socket.port >= endpoint.basePort : socket.port == endpoint.basePort)
        }
    }
}
