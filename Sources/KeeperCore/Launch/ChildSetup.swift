import CLinux
import Glibc
import KeeperProtocol

/// What the forked child does until it is the workload. It runs in a copy of a single-threaded process, so
/// every call is allowed; all it allocates is the two pointer arrays for execve.
struct ChildSetup {
    let spec: LaunchSpecView
    /// What is executed instead of the specification's own program.
    let program: ChildProgram?
    /// What it gets beside its standard streams.
    let handover: Handover?
    /// -1: the keeper's own /dev/null.
    let stdin: Int32
    let stdout: Int32
    let stderr: Int32
    /// The child's end of the launch report.
    private(set) var report: Int32
    let keeper: pid_t
    /// The child was not born in its unified group, and must join it.
    let joinsUnifiedGroup: Bool
    /// Where a first process of a pid namespace tells how its program ended.
    let ending: NamespaceInit.Ending?
    private var sandbox: ChildSandbox

    /// Above everything that the program gets.
    private var reportDescriptor: Int32 { handover?.end ?? Handover.first }

    init(
        spec: LaunchSpecView, program: ChildProgram?, handover: Handover?, stdin: Int32, stdout: Int32,
        stderr: Int32, report: Int32, keeper: pid_t, joinsUnifiedGroup: Bool, ending: NamespaceInit.Ending?,
        joined: ProcessIdentity?
    ) {
        self.spec = spec
        self.program = program
        self.handover = handover
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.report = report
        self.keeper = keeper
        self.joinsUnifiedGroup = joinsUnifiedGroup
        self.ending = ending
        sandbox = ChildSandbox(spec, report: handover?.end ?? Handover.first, joined: joined)
    }

    /// The working directory is entered with the workload's own rights, hence after the ids.
    mutating func run() -> Never {
        guard LaunchReport.waitForGo(report) else { _exit(LaunchFailure.exitCode) }
        FailPoint.reach(.goReceived)
        joinControlGroups()
        let signalsReset = ending == nil ? clinux_reset_signals() == 0 : NamespaceInit.prepare()
        require(.session, setsid() >= 0 && signalsReset)
        takeStandardStreams()
        limit()
        sandbox.perform(.enter)
        umask(spec.umask & 0o777)
        changeIdentity()
        if spec.noNewPrivileges { require(.noNewPrivileges, clinux_set_no_new_privs() == 0) }
        sandbox.perform(.confine)
        // A change of ids takes the signal back, so it comes after; and the keeper may have died before.
        require(.session, clinux_set_parent_death_signal(SIGKILL) == 0)
        let isKeeperGone = sandbox.isParentUnseen ? LaunchReport.isPeerGone(report) : getppid() != keeper
        if isKeeperGone { _exit(LaunchFailure.exitCode) }
        if let ending {
            require(.pidNamespace, NamespaceInit.standBefore(ending, isGuest: sandbox.isGuest))
        }
        if let directory = spec.workingDirectory { require(.workingDirectory, chdir(directory) == 0) }
        execute()
    }

    private mutating func execute() -> Never {
        var arguments = program?.argumentPointers() ?? spec.arguments()
        let declared = spec.environment()
        var added = program?.variables ?? Self.watchdogVariables(declared)
        if let handover { added += handover.variables() }
        // For execve, in the child that is about to become the program: nothing of it is ever freed.
        var environment = added.map { strdup($0) } + declared
        LaunchReport.send(report, step: .execute, errno: 0)
        FailPoint.reach(.executing)
        // Last of all: a filter need not allow what it takes to get here.
        sandbox.perform(.filter)
        if let program {
            clinux_execve(program.executable, &arguments, &environment)
        } else {
            clinux_execve(spec.executable, &arguments, &environment)
        }
        fail(.execute)
    }

    /// A program takes the watchdog for its own where WATCHDOG_PID names it, and only here its pid is known.
    private static func watchdogVariables(_ environment: [UnsafeMutablePointer<CChar>?]) -> [String] {
        let isWatched = environment.contains { $0.map { strncmp($0, "WATCHDOG_USEC=", 14) == 0 } ?? false }
        return isWatched ? ["WATCHDOG_PID=\(getpid())"] : []
    }

    private func joinControlGroups() {
        for directory in spec.tasksDirectories {
            // `tasks` moves the one thread that the child has; `cgroup.procs` takes a hundred times as long.
            require(.cgroup, write("0", to: directory, "tasks"))
        }
        if joinsUnifiedGroup, let directory = spec.unifiedDirectory {
            require(.cgroup, write("0", to: directory, "cgroup.procs"))
        }
    }

    private func write(_ text: StaticString, to directory: UnsafePointer<CChar>, _ name: String) -> Bool {
        let group = clinux_openat(AT_FDCWD, directory, clinux_O_PATH | O_DIRECTORY, 0)
        guard group >= 0 else { return false }
        let file = clinux_openat(group, name, O_WRONLY, 0)
        guard file >= 0 else { return false }
        return Glibc.write(file, text.utf8Start, text.utf8CodeUnitCount) == text.utf8CodeUnitCount
    }

    /// All else is closed but the report, which execve closes.
    private mutating func takeStandardStreams() {
        if stdin >= 0 { require(.standardStreams, dup2(stdin, STDIN_FILENO) >= 0) }
        require(.standardStreams, dup2(stdout, STDOUT_FILENO) >= 0 && dup2(stderr, STDERR_FILENO) >= 0)
        takeHandover()
        if report != reportDescriptor {
            require(.standardStreams, dup2(report, reportDescriptor) >= 0)
            report = reportDescriptor
        }
        require(.standardStreams, clinux_set_cloexec(report, 1) == 0)
        require(.standardStreams, clinux_close_range(UInt32(reportDescriptor + 1), .max) == 0)
    }

    /// The report may stand where one of them is to go.
    private mutating func takeHandover() {
        guard let handover else { return }
        let above = clinux_fcntl(report, F_DUPFD_CLOEXEC, handover.end)
        require(.descriptors, above >= 0)
        report = above
        require(.descriptors, handover.place())
    }

    private func limit() {
        // Its own comes later: the directories of its sandbox are made for everybody who runs there.
        umask(0o022)
        if let nofile = spec.nofile { require(.limits, clinux_limit_nofile(nofile.soft, nofile.hard) == 0) }
        if let core = spec.core { require(.limits, clinux_limit_core(core.soft, core.hard) == 0) }
    }

    private func changeIdentity() {
        let changes =
            spec.user.map { $0 != geteuid() } ?? false || spec.group.map { $0 != getegid() } ?? false
        if let groups = spec.supplementaryGroups {
            require(.groups, clinux_setgroups(groups.count, groups) == 0)
        } else if changes {
            require(.groups, clinux_setgroups(0, nil) == 0)
        }
        if let group = spec.group { require(.groups, clinux_setresgid(group, group, group) == 0) }
        if let user = spec.user { require(.user, clinux_setresuid(user, user, user) == 0) }
    }

    private func require(_ step: LaunchStep, _ succeeded: Bool) {
        if !succeeded { fail(step) }
    }

    private func fail(_ step: LaunchStep) -> Never {
        LaunchReport.send(report, step: step, errno: errno)
        _exit(LaunchFailure.exitCode)
    }
}

enum LaunchFailure {
    /// What a child that never became its workload exits with; nobody but its keeper sees it.
    static let exitCode: Int32 = 127
}

/// A program that is executed in the surroundings of a run, and what is added to its environment.
struct ChildProgram {
    var executable: String
    var arguments: [String]
    var variables: [String]

    /// Tells it the run's process, by the number that it has where the program will be.
    mutating func nameMain(_ pid: pid_t) { variables = ["PLUMB_MAIN_PID=\(pid)"] }

    /// For execve, in the child that is about to become the program: nothing of it is ever freed.
    func argumentPointers() -> [UnsafeMutablePointer<CChar>?] { arguments.map { strdup($0) } + [nil] }
}
