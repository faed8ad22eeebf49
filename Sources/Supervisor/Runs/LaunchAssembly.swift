import Glibc
import KeeperProtocol
import Manifests
import Reconciler

/// Turns the spec of an Instance into what a keeper needs: numbers, absolute paths and a whole environment.
struct LaunchAssembly: Sendable {
    var layout: StateLayout
    var nodeName: String
    var bootID: String
    var users: UserDirectory
    var secrets: SecretDirectory
    var packages: PackageStore

    /// A run that is to be launched, beside what only the agent needs of it.
    struct Launch {
        var spec: LaunchSpec
        var user: RunUser
        /// Its packets stay on this host.
        var isLocal = false
    }

    /// What can be known before anything is stopped for the new spec. The package is there already.
    func check(_ spec: InstanceSpec) throws(PreparationFailure) {
        let process = spec.process
        _ = try users.resolve(user: process.user, group: process.group)
        for (variable, file) in process.secrets.sorted(by: { $0.key < $1.key }) {
            _ = try secrets.read(file: file, for: variable)
        }
        let command = try resolution(process).resolve(process.command)
        try checkSandbox(process, executable: command.executable)
        _ = try steps(spec.stop, process)
        guard let directory = process.workingDir, directory.hasPrefix("/") || process.package != nil else {
            return
        }
        let path = workingDirectory(process, workspace: "")
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            throw PreparationFailure(
                code: "working-dir", message: "the working directory \(path) does not exist",
                remedy: "check entry.workingDir")
        }
    }

    func launch(
        _ spec: InstanceSpec, run: RunID, slot: SlotID, revision: RevisionID, rules: SandboxRules,
        scheduled: ScheduledLaunch? = nil
    ) throws(PreparationFailure) -> Launch {
        let process = spec.process
        let user = try users.resolve(user: process.user, group: process.group)
        let command = try resolution(process).resolve(process.command)
        var launch = LaunchSpec(
            runID: run.text, executable: command.executable, arguments: [command.name] + process.args)
        try fill(
            &launch, spec, run: run, slot: slot, revision: revision, user: user, rules: rules,
            heartbeat: try heartbeat(spec, run).merging(schedule(scheduled, run)) { $1 })
        var context = context(user, process, slot, run, executable: command.executable)
        if let scheduled { context.own.append(layout.scheduledOutput(run, of: scheduled.schedule)) }
        launch.sandbox = SandboxPlan(rules: rules, context: context).steps()
        launch.policy = try policy(spec)
        launch.hasInputPipe = process.stdin == .pipe
        launch.socketName = "\(run.text).sock"
        return Launch(spec: launch, user: user, isLocal: rules.network == .local)
    }

    /// Where the command leads now.
    func executable(of process: ProcessSpec) throws(PreparationFailure) -> String {
        try resolution(process).resolve(process.command).executable
    }

    /// The command of an exec probe, with the rights and the surroundings of its run. `main`: the run's
    /// process, whose namespaces it joins.
    func probe(
        _ command: [String], timeout: Duration, spec: InstanceSpec, run: RunID, slot: SlotID,
        revision: RevisionID, rules: SandboxRules, main: ProcessIdentity?
    ) throws(PreparationFailure) -> LaunchSpec {
        let process = spec.process
        let found = try resolution(process).resolve(command.first ?? "")
        var launch = LaunchSpec(
            runID: run.text, executable: found.executable, arguments: [found.name] + command.dropFirst())
        launch.mode = .probe(timeoutMilliseconds: timeout.wholeMilliseconds)
        let user = try users.resolve(user: process.user, group: process.group)
        try fill(&launch, spec, run: run, slot: slot, revision: revision, user: user, rules: rules)
        guard SandboxPlan.isNeeded(rules) else { return launch }
        guard let main else {
            throw PreparationFailure(
                code: "run-gone", message: "the process of its run is not there to be joined",
                remedy: "it is tried again", isTransient: true)
        }
        let context = context(user, process, slot, run, executable: found.executable)
        launch.sandbox = SandboxPlan(rules: rules, context: context).steps()
        launch.sandbox.joined = main
        return launch
    }

    private func fill(
        _ launch: inout LaunchSpec, _ spec: InstanceSpec, run: RunID, slot: SlotID, revision: RevisionID,
        user: RunUser, rules: SandboxRules, heartbeat: [String: String] = [:]
    ) throws(PreparationFailure) {
        let process = spec.process
        let directories = ReplicaDirectories(layout, slot)
        var values: [String: String] = [:]
        for (variable, file) in process.secrets {
            values[variable] = try secrets.read(file: file, for: variable)
        }
        let variables = RunEnvironment.variables(
            process, secrets: values,
            RunEnvironment.Facts(
                run: run, slot: slot, revision: revision, node: nodeName, user: user,
                directories: directories,
                sharedDir: layout.shared)
        ).merging(heartbeat) { $1 }
        launch.environment = variables.map { "\($0.key)=\($0.value)" }.sorted()
        guard (launch.environment + launch.arguments).allSatisfy({ !$0.utf8.contains(0) }) else {
            throw PreparationFailure(
                code: "zero-byte", message: "an argument or a variable holds a zero byte",
                remedy: "remove it: no process can be given one")
        }
        launch.bootID = bootID
        launch.workingDirectory = workingDirectory(process, workspace: directories.workspace)
        if user.switches {
            launch.user = user.uid
            launch.group = user.gid
            launch.supplementaryGroups = user.supplementaryGroups
        }
        SandboxSettings.apply(spec, rules, to: &launch)
    }

    /// What a Schedule's run is told beside all others.
    private func schedule(_ scheduled: ScheduledLaunch?, _ run: RunID) -> [String: String] {
        guard let scheduled else { return [:] }
        return [
            "PLUMB_SCHEDULE": scheduled.schedule, "PLUMB_TRIGGER": scheduled.trigger.rawValue,
            "PLUMB_NOMINAL_TIME": scheduled.nominal.timestamp, "PLUMB_ATTEMPT": "\(scheduled.attempt)",
            "PLUMB_OUTPUT_DIR": layout.scheduledOutput(run, of: scheduled.schedule),
        ]
    }

    /// What tells a program that it is listened to. WATCHDOG_PID is added by its keeper, which knows the pid.
    private func heartbeat(_ spec: InstanceSpec, _ run: RunID) throws(PreparationFailure) -> [String: String]
    {
        guard spec.process.notify == true else { return [:] }
        let sockets = NotifySockets(directory: layout.notifySockets)
        try sockets.check(run)
        var variables = ["NOTIFY_SOCKET": sockets.path(of: run)]
        if case .heartbeat(let ttl)? = spec.health.liveness?.check {
            let time = ttl ?? Probe.watchdogUsual
            variables["WATCHDOG_USEC"] = "\(time.nanoseconds / 1000)"
        }
        return variables
    }

    func resolution(_ process: ProcessSpec) -> CommandResolution {
        CommandResolution(
            packageDirectory: process.package.map(packages.path(of:)),
            searchPath: process.env["PATH"] ?? RunEnvironment.defaultPath)
    }

    private func workingDirectory(_ process: ProcessSpec, workspace: String) -> String {
        let base = process.package.map(packages.path(of:)) ?? workspace
        guard let declared = process.workingDir else { return base }
        return declared.hasPrefix("/") ? declared : CommandResolution.join(base, declared)
    }
}

extension Duration {
    /// Rounded up, and held within what a keeper takes: 0 to 49 days.
    var wholeMilliseconds: UInt32 {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return UInt32(clamping: rest > 0 ? whole + 1 : whole)
    }
}
