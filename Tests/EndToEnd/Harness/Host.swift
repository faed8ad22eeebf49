import CLinux
import Glibc
import Synchronization
import TestKit

/// One host of a test: a repository, the agent's directories, and the agent itself.
final class Host: Sendable {
    let repository: TemporaryRepository
    let root: String
    let base: String
    let port: UInt16
    private let agent = Mutex<ChildProcess?>(nil)
    /// The user that the agent and the commands run as; nil is the user of the tests.
    let user: uid_t?

    var state: String { root + "/state" }
    var runtime: String { root + "/run" }
    var secrets: String { root + "/secrets" }
    var shared: String { state + "/shared" }
    var socket: String { runtime + "/plumb.sock" }
    var agentLog: String { root + "/agent.log" }

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// - Parameter name: a further component of every path.
    init(repository: TemporaryRepository? = nil, user: uid_t? = nil, name: String? = nil) throws {
        self.repository = try repository ?? TemporaryRepository()
        self.user = user
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(temporary)/plumb-e2e-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: errno \(errno)") }
        base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let name { root = base + "/" + name } else { root = base }
        mkdir(root, 0o755)
        port = try Ports.free()
        for directory in [state, runtime, secrets] { mkdir(directory, 0o755) }
        chmod(secrets, 0o700)
        // So that no settings file of this machine has a say.
        Files.write(root + "/agent.yaml", "apiVersion: plumb.dev/v1\nkind: Agent\n")
        if let user {
            Files.give(root, to: user, gid_t(user))
            Files.give(self.repository.root, to: user, gid_t(user))
        }
    }

    // Agent -------------------------------------------------------------------------------------------

    func agentCommand(onExit: String = "keep", repository path: String? = nil) -> [String] {
        let command = [
            Binaries.plumb, "agent", "--repo", path ?? repository.path, "--node", "e2e", "--state-dir", state,
            "--runtime-dir", runtime, "--secrets-dir", secrets, "--listen", "127.0.0.1:\(port)", "--config",
            root + "/agent.yaml", "--on-exit", onExit,
        ]
        guard let user else { return command }
        return ["setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "--"] + command
    }

    /// Starts the agent, and does not wait for it.
    /// - Parameter wrap: a command that executes the agent in its turn, in the same process.
    @discardableResult
    func launchAgent(
        onExit: String = "keep", repository: String? = nil, wrap: [String] = [],
        variables: [String: String] = [:], _ more: [String] = []
    ) throws -> ChildProcess {
        let child = try ChildProcess(
            wrap + agentCommand(onExit: onExit, repository: repository) + more,
            environment: environment.merging(variables) { _, given in given }, directory: root,
            output: agentLog, errors: agentLog)
        agent.withLock { $0 = child }
        return child
    }

    /// Starts the agent and waits until it has looked at everything.
    @discardableResult
    func startAgent(
        onExit: String = "keep", wrap: [String] = [], variables: [String: String] = [:]
    ) async throws -> ChildProcess {
        let child = try launchAgent(onExit: onExit, wrap: wrap, variables: variables)
        try await eventually("the agent answers", seconds: 30) {
            if let end = child.poll() {
                agent.withLock { $0 = nil }
                throw Failure(description: "the agent ended by itself: \(end)\n\(Files.text(agentLog) ?? "")")
            }
            return (try? ask("/readyz").status) == 200
        }
        return child
    }

    /// As a crash would.
    func killAgent() async {
        guard let child = agent.withLock({ $0.take() }) else { return }
        child.send(SIGKILL)
        _ = await child.end(within: .seconds(5))
    }

    /// As an operator would.
    func stopAgent() async -> ChildProcess.End? {
        guard let child = agent.withLock({ $0.take() }) else { return nil }
        child.send(SIGTERM)
        return await child.end(within: .seconds(20))
    }

    var agentPID: pid_t? { agent.withLock { $0?.pid } }

    /// Nobody's settings but these. The directory's name marks every process that is born of it.
    var environment: [String: String] {
        [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": root,
            "LC_ALL": "C.UTF-8", "PLUMB_SOCKET": socket, "PLUMB_STATE_DIR": state,
            "AGENT_SECRET_OF_ITS_OWN": root,
        ]
    }

    // Looking -----------------------------------------------------------------------------------------

    func ask(_ path: String) throws -> HTTPExchange { try HTTPExchange.ask(path, at: .socket(socket)) }

    func status() throws -> StatusView { StatusView(json: try ask("/v1/status").json()) }

    func events() throws -> [EventView] {
        try ask("/v1/events?limit=1000").json()["items"].array.map(EventView.init(json:))
    }

    /// The status, once it is as wanted.
    @discardableResult
    func until(
        _ what: String, seconds: Double = 60, _ isSo: (StatusView) throws -> Bool
    ) async throws -> StatusView {
        var last: StatusView?
        do {
            try await eventually(what, seconds: seconds) {
                guard let status = try? status() else { return false }
                last = status
                return try isSo(status)
            }
        } catch let overdue as Overdue {
            throw Failure(description: "\(overdue)\n\(report(last))")
        }
        guard let last else { throw Failure(description: what) }
        return last
    }

    /// The status, once these replicas run, are ready, and are as the newest commit has them.
    @discardableResult
    func settled(_ names: String..., seconds: Double = 60) async throws -> StatusView {
        try await settled(names, seconds: seconds)
    }

    @discardableResult
    func settled(_ names: [String], seconds: Double = 60) async throws -> StatusView {
        let head = try repository.head()
        return try await until("\(names.joined(separator: ", ")) run and are ready", seconds: seconds) {
            $0.accepted == head && $0.areSettled(names)
        }
    }

    /// The status, once the newest commit is in force.
    @discardableResult
    func accepted(seconds: Double = 60) async throws -> StatusView {
        let head = try repository.head()
        return try await until("\(head.prefix(7)) is accepted", seconds: seconds) { $0.accepted == head }
    }

    /// What a failed test wants to know.
    func report(_ status: StatusView? = nil) -> String {
        let seen = status ?? (try? self.status())
        let replicas = seen?.replicas.values.sorted { $0.name < $1.name }.map { replica in
            "  \(replica.name) \(replica.phase) ready=\(replica.isReady) synced=\(replica.isSynced) "
                + "pid=\(replica.pid.map(String.init) ?? "-") \(replica.reason)"
        }
        let events = (try? self.events())?.suffix(40).map { "  \($0.kind): \($0.message)" }
        return """
            accepted \(seen?.accepted ?? "nothing"), conditions \(seen?.json["conditions"].array.map {
                "\($0["type"].string ?? "")=\($0["status"].bool ?? false) \($0["message"].string ?? "")"
            } ?? [])
            replicas:
            \(replicas?.joined(separator: "\n") ?? "  no status")
            events:
            \(events?.joined(separator: "\n") ?? "  none")
            agent:
            \(Files.text(agentLog) ?? "")
            """
    }

    // Ending ------------------------------------------------------------------------------------------

    /// Every process that has to do with this host.
    var processes: [ProcessEntry] { ProcessTable.touching(root) }

    /// Kills all that this test started, and removes its files. Returns what could not be killed.
    func tearDown() async -> [ProcessEntry] {
        await killAgent()
        var left = processes
        let deadline = ContinuousClock.now + .seconds(10)
        while !left.isEmpty && ContinuousClock.now < deadline {
            // The mark in their environment, or what they have open, proves that they are this test's own.
            for process in left { kill(process.pid, SIGKILL) }
            try? await Task.sleep(for: Polling.pause)
            left = processes
        }
        ControlGroups.remove(of: state)
        Files.remove(base)
        return left
    }
}
