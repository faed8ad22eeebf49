import Agent
import Foundation
import Glibc
import Reconciler
import ServiceLifecycle
import StatusAPI
import Store
import Supervisor
import UnixSignals
import Watcher

/// Puts the rooms together into a running agent, and takes them apart in the right order.
struct AgentProcess {
    let settings: HostSettings
    let keepRuns: Bool

    func run() async throws {
        try refuseFirstProcess()
        try StatusServer.check(statusConfiguration)
        try Self.makeDirectory(settings.stateDir, mode: 0o755)
        try Self.makeDirectory(settings.runtimeDir, mode: 0o755)
        let state = try StateLock(settings.stateDir, called: "state directory", flag: "--state-dir")
        let runtime = try StateLock(settings.runtimeDir, called: "runtime directory", flag: "--runtime-dir")
        try await serve()
        withExtendedLifetime(state) {}
        withExtendedLifetime(runtime) {}
    }

    private func serve() async throws {
        let store = try Store(stateDirectory: settings.stateDir)
        let adapter = StoreAdapter(store: store, stateDir: settings.stateDir)
        let remembered = try await adapter.load()
        let selection = try await chooseRef(remembered, store: store)
        let clock = SystemClock()
        let box = LoopBox()
        let watcher = RepositoryWatcher(settings: watchSettings(selection)) { box.seen($0) }
        let follower = follower(selection, box: box)
        let source = SourceAdapter(
            reader: watcher.reader, watcher: watcher, follower: follower, path: settings.source.path)
        let secrets = SecretValues(directory: settings.secretsDir)
        let supervisor = try Supervisor(settings: supervisorSettings(), packages: source) {
            box.post(.run($0.masked(secrets.mask())))
        }
        let trust = trustSettings()
        let keys = KeysWatch(files: trust?.files ?? []) { box.post(.trustChanged) }
        let loop = AgentLoop(
            settings: agentSettings(selection, isMirrored: follower != nil),
            runs: RunAdapter(supervisor: supervisor, secrets: secrets), store: adapter, source: source,
            clock: clock,
            calendar: WindowCalendar(windows: settings.gates.windows),
            trust: trust.map {
                TrustAdapter(
                    settings: $0, source: source, store: store, frontier: remembered.trustFrontier)
            }, onTurn: { box.turned() })
        let notify = try NotifyService(
            targets: settings.notify.targets, node: settings.node.name, store: store,
            remembered: remembered.notes, box: box
        ) { await loop.state() }
        let manager = SystemdNotifier(environment: ProcessInfo.processInfo.environment) { await loop.state() }
        box.join(loop, following: Following(watcher: watcher, follower: follower)) { branch in
            guard selection == nil else { return }
            var batch = StoreBatch()
            batch.settings[StoreAdapter.refKey] = branch
            // Without it the branch stands in the mirror's HEAD, and is stored by the next agent.
            Task { [batch] in try? await store.commit(batch) }
        }
        let webhook = settings.webhook.map { hook in
            WebhookServer(
                listen: hook.listen, secret: { CredentialFile.webhookSecret(at: hook.secretFile) },
                look: { follower?.look() })
        }
        let status = StatusAdapter(
            loop: loop, store: store, supervisor: supervisor, stateDir: settings.stateDir,
            secretValues: secrets, logPages: LogPages(stateDir: settings.stateDir), webhookServer: webhook)
        let server = StatusServer(
            configuration: statusConfiguration, source: status, tokens: tokens,
            say: { AgentLog.say("status: \($0)") }
        ) { [settings] listening in
            AgentLog.say(
                "plumb agent on \(settings.node.name): repository \(settings.source.repository), "
                    + "state \(settings.stateDir)")
            AgentLog.say(
                "status: \(settings.status.scheme)://\(listening.address)/v1/status   "
                    + "socket: \(listening.socket ?? "none")")
        }
        box.onTurn {
            notify.poke()
            server.turned()
            manager.poke()
        }
        let control = try ControlServer(path: SocketPath.control(beside: settings.socket)) {
            box.post(.control($0, from: $1, $2))
        }
        try control.start()
        defer { control.stop() }
        if trust != nil { keys.start() }
        let clockWatch = ClockWatch { box.post(.wallClockSet) }
        clockWatch.start()
        let main = LoopService(loop: loop, keepRuns: keepRuns, onStop: manager.stopping) {
            if let follower { try follower.start() } else { try watcher.start() }
        }
        try await manager.beside {
            try await notify.beside {
                try await run(main, servers: [server] + (webhook.map { [$0] } ?? []))
            }
        }
        keys.stop()
        clockWatch.stop()
        follower?.stop()
        watcher.stop()
        // Everything durable is written; what remains is only a shorter log to replay.
        try? await store.close()
    }

    private var statusConfiguration: StatusConfiguration {
        StatusConfiguration(
            listen: settings.status.listen, socket: settings.socket, access: settings.status.rules,
            tls: settings.status.tls, allowsClear: settings.status.allowsClear)
    }

    /// Read from the settings file again when that changes: all else in it waits for the next start.
    private var tokens: TokenKeeper {
        TokenKeeper(
            settings.status.rules.tokens, path: settings.file, say: { AgentLog.say("status: \($0)") }
        ) { [settings] in try settings.file.map(AccessBlock.tokens(in:)) ?? [] }
    }

    private func run(_ main: LoopService, servers: [any Service]) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (servers + [main]).map { service in
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: AgentLog.quiet))
        try await group.run()
    }

    /// The branch to follow. One that was found at the first start is kept, so that a checkout of another
    /// branch in a work tree is never taken for a deployment. Nil: a remote is to say it, once it answers.
    private func chooseRef(_ remembered: Remembered, store: Store) async throws -> RefSelection? {
        if let given = settings.source.selection { return given }
        if let kept = remembered.ref { return .branch(kept) }
        guard case .local(let repository) = settings.source.address else { return nil }
        let reader = RepositoryReader(repository: repository, allowedOwner: settings.source.owner)
        defer { reader.stop() }
        do {
            let found = try await reader.describe()
            guard let branch = found.headBranch else {
                throw CommandFailure(
                    message: "HEAD of \(repository) names no branch",
                    remedy: "name the branch with --ref")
            }
            var batch = StoreBatch()
            batch.settings[StoreAdapter.refKey] = branch
            try await store.commit(batch)
            return .branch(branch)
        } catch let error as GitError {
            if let accepted = remembered.accepted { return .branch(accepted.revision.ref) }
            throw CommandFailure(message: "\(repository): \(error.message)", remedy: error.advice)
        }
    }

    private func agentSettings(_ selection: RefSelection?, isMirrored: Bool) -> AgentSettings {
        var agent = AgentSettings(
            node: settings.node, repository: settings.source.repository, ref: selection?.description ?? "",
            path: settings.source.path, stateDir: settings.stateDir, gates: settings.gates.settings,
            mirror: isMirrored ? readable : nil)
        agent.selection = selection
        agent.address = settings.address
        agent.allowsRewind = settings.source.allowsRewind
        agent.packageRetention = settings.artifacts.settings.retention
        return agent
    }

    /// What is read on this host: the repository, or the mirror of one elsewhere.
    private var readable: String { settings.source.readable(stateDir: settings.stateDir) }

    private func watchSettings(_ selection: RefSelection?) -> WatchSettings {
        var watch = WatchSettings(repository: readable)
        watch.allowedOwner = settings.source.owner
        switch selection {
        case nil: break
        case .branch(let name)?: watch.ref = name
        case .commit(let hex)?: watch.commit = ObjectID(hex)
        case .tag?, .semver?:
            watch.tags = selection.map { selection in
                TagChoice(description: selection.description) { selection.choice(among: $0) }
            }
        }
        return watch
    }

    private func trustSettings() -> TrustSettings? {
        // What a commit brings is written below these, too.
        let written = ["packages", "instances", "slots", "shared"].map { "\(settings.stateDir)/\($0)" }
        return settings.trust.settings(
            repositories: [settings.source.repository, readable] + written, stateDir: settings.stateDir)
    }

    /// Whoever keeps the mirror true to the remote; nil for a repository on this host.
    private func follower(_ selection: RefSelection?, box: LoopBox) -> RemoteFollower? {
        let target: FetchTarget =
            switch selection {
            case nil: .head
            case .branch(let name)?: .ref(name)
            case .tag?, .semver?: .tags
            case .commit(let hex)?: ObjectID(hex).map(FetchTarget.commit) ?? .head
            }
        return settings.source.remote(stateDir: settings.stateDir, target: target).map { remote in
            RemoteFollower(settings: remote) { box.fetched($0) }
        }
    }

    private func supervisorSettings() throws -> SupervisorSettings {
        var supervisor = SupervisorSettings(
            stateDir: settings.stateDir, runtimeDir: settings.runtimeDir, secretsDir: settings.secretsDir,
            keeperExecutable: try KeeperExecutable.find(), nodeName: settings.node.name)
        supervisor.artifacts = settings.artifacts.settings
        return supervisor
    }

    /// As the first process of a container it would take every run along when it ends.
    private func refuseFirstProcess() throws {
        guard getpid() != 1 else {
            throw CommandFailure(
                message: "the agent is process 1: everything that it runs would die with it",
                remedy: "start it under an init, for example tini or docker run --init")
        }
    }

    static func makeDirectory(_ path: String, mode: mode_t) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: NSNumber(value: mode)])
        } catch {
            throw CommandFailure(
                message: "cannot make the directory \(path): \(error.localizedDescription)",
                remedy: "choose another with --state-dir and --runtime-dir, or make it by hand")
        }
    }
}

/// The keeper's executable: beside this one, or where `make install` puts it.
enum KeeperExecutable {
    static func find() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory = URL(fileURLWithPath: own).deletingLastPathComponent()
        let places = [
            directory.appendingPathComponent("plumb-keeper").path,
            directory.deletingLastPathComponent().appendingPathComponent("libexec/plumb/plumb-keeper").path,
        ]
        if let found = places.first(where: { access($0, X_OK) == 0 }) { return found }
        throw CommandFailure(
            message: "plumb-keeper is neither \(places[0]) nor \(places[1])",
            remedy: "install it with `make install`")
    }
}
