import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// Directories of its own, and a Supervisor that can be dropped and made again as an agent dies and comes
/// back.
final class TestHost: Sendable {
    let base: String
    let runtimeDir: String
    let source: FilesOfMemory
    let keeper: String
    /// What the host is said to have mounted; nil: what it has.
    let controlGroupHost: ControlGroupHost?
    private let state = Mutex(State())

    private struct State {
        var supervisor: Supervisor?
        var events: [RunEvent] = []
        /// When each of them was told.
        var times: [Instant] = []
        var nextRun: UInt32 = 1
    }

    init(
        source: FilesOfMemory = FilesOfMemory(), keeper: String = KeeperBinary.path,
        controlGroupHost: ControlGroupHost? = nil, parent: String? = nil, runtime: String = "run"
    ) {
        self.controlGroupHost = controlGroupHost
        self.source = source
        self.keeper = keeper
        base = Self.temporaryDirectory(parent)
        runtimeDir = "\(base)/\(runtime)"
        mkdir("\(base)/secrets", 0o700)
    }

    /// On tmpfs where there is one, as runtime directories are; open to every user.
    static func temporaryDirectory(_ parent: String? = nil) -> String {
        let parent = parent ?? (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
        var template = Array("\(parent)/plumb-supervisor-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { return "/nonexistent" }
        chmod(made, 0o755)
        return String(cString: made)
    }

    var stateDir: String { "\(base)/state" }
    var layout: StateLayout { StateLayout(stateDir: stateDir, runtimeDir: runtimeDir) }
    var supervisor: Supervisor {
        guard let supervisor = state.withLock({ $0.supervisor }) else { preconditionFailure("not open") }
        return supervisor
    }
    var events: [RunEvent] { state.withLock { $0.events } }
    /// When the newest event was told.
    var lastTold: Instant? { state.withLock { $0.times.last } }

    @discardableResult
    func open(
        controlGroups: SupervisorSettings.ControlGroupUse = .automatic, on other: ControlGroupHost? = nil,
        tree: String? = nil
    ) async throws -> [AdoptedRun] {
        var settings = SupervisorSettings(
            stateDir: stateDir, runtimeDir: runtimeDir, secretsDir: "\(base)/secrets",
            keeperExecutable: keeper, nodeName: "test-node", controlGroups: controlGroups)
        settings.controlGroupHost = other ?? controlGroupHost
        settings.controlGroupTree = tree
        let supervisor = try Supervisor(settings: settings, packages: source) { [weak self] event in
            self?.state.withLock { state in
                state.events.append(event)
                state.times.append(.current)
            }
        }
        state.withLock { $0.supervisor = supervisor }
        return try await supervisor.open()
    }

    /// To the runs this is the death of the agent.
    func drop() {
        state.withLock { state in
            state.supervisor = nil
            state.events = []
            state.times = []
        }
    }

    /// Starts a run and returns its id.
    @discardableResult
    func start(_ spec: InstanceSpec, index: Int = 0, memo: [UInt8] = Array("memo".utf8)) async throws -> RunID
    {
        let request = request(spec, index: index, memo: memo)
        try await supervisor.start(request)
        return request.run
    }

    func request(_ spec: InstanceSpec, index: Int = 0, memo: [UInt8] = []) -> RunRequest {
        RunRequest(
            run: newRun(), slot: SlotID(instance: spec.name, index: index), spec: spec,
            revision: RevisionID(hex: String(repeating: "3f", count: 20)), memo: memo)
    }

    func newRun() -> RunID {
        let number = state.withLock { state in
            state.nextRun += 1
            return state.nextRun
        }
        return RunID(
            milliseconds: UInt64(WallTime.current.nanoseconds) / 1_000_000,
            randomness: number << 16 | UInt32.random(in: 0...0xFFFF))
    }

    /// Ends every run that is left, and removes everything.
    func close() async {
        if let supervisor = state.withLock({ $0.supervisor }) {
            let runs = supervisor.table.withLock { Array($0.runs.keys) }
            for run in runs { supervisor.send(.stop(steps: [.killTree]), to: run) }
            await eventually("every run ends") {
                supervisor.table.withLock { table in table.runs.values.allSatisfy { $0.phase == .over } }
            }
            supervisor.hold(HeldResources())
            for run in runs { await supervisor.acknowledge(run) }
            await supervisor.shutdown(keepRuns: true)
            await eventually("every keeper goes") {
                (try? Slot.all(self.layout))?.allSatisfy { (try? $0.lockState()) == .free } == true
            }
            supervisor.groups?.removeTree()
            if let groups = supervisor.groups { removeEarlierTrees(of: groups) }
        }
        state.withLock { $0.supervisor = nil }
        DirectoryTree.remove(base)
    }
}

/// Of state directories that a test has moved away.
private func removeEarlierTrees(of groups: ControlGroupTree) {
    for tree in groups.directories(of: groups.path) {
        let parent = ControlGroupTree.parent(of: tree)
        for name in directoryNames(parent) where name.hasPrefix(groups.stem) { rmdir("\(parent)/\(name)") }
    }
}

/// Runs a body with a host of its own, opened, and closes it whatever happens.
func withHost(
    _ host: TestHost = TestHost(), controlGroups: SupervisorSettings.ControlGroupUse = .automatic,
    _ body: (TestHost) async throws -> Void
) async throws {
    do {
        try await host.open(controlGroups: controlGroups)
        try await body(host)
    } catch {
        await host.close()
        throw error
    }
    await host.close()
}

/// Waits for a condition, looking at it often, and fails the test at the deadline.
@discardableResult
func eventually(
    _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) async -> Bool {
    let deadline = Instant.current + limit
    while !condition() {
        if Instant.current > deadline {
            Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
            return false
        }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return true
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
