import ArgumentParser
import Glibc
import Manifests
import Reconciler
import Supervisor

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what runs have written.",
        discussion: """
            Reads the files of the state directory, so it works without an agent too. Several replicas, and \
            both streams, are merged in the order of time. Where several replicas are shown each line begins \
            with its replica; an exclamation mark stands for standard error.

            A time is 10m (ago), today, yesterday, 09:30, 2026-11-21, '2026-11-21 09:30' (the reader's own \
            zone) or 2026-11-21T09:30:00Z.

            Begins and ends of runs, and output that was lost, are told where they happened: on standard \
            error if standard output is no terminal.
            """)

    @Argument(help: "An Instance (web), or one replica of it (web/0); several may be given.")
    var names: [String]

    @Flag(name: .shortAndLong, help: "Go on with every line as it is written, across restarts and rotations.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long, .customLong("lines")],
        help: ArgumentHelp(
            "How many of the newest lines. Default: \(LineCount.usual); all with --since, --until or a run.",
            valueName: "count|all"))
    var tail: LineCount?

    @Option(
        help: ArgumentHelp("Only lines that were begun then or later.", valueName: "time"),
        transform: LogTime.parse)
    var since: WallTime?

    @Option(
        help: ArgumentHelp("Only lines that were begun before then.", valueName: "time"),
        transform: LogTime.parse)
    var until: WallTime?

    @Option(help: ArgumentHelp("Only the lines of one run.", valueName: "id|current|previous"))
    var run: String?

    @Flag(name: .shortAndLong, help: "The same as --run previous: what ran before a restart.")
    var previous = false

    @Option(help: "Only one stream: stdout or stderr.")
    var stream: LogLine.Stream?

    @Flag(help: .hidden)
    var stdout = false

    @Flag(help: .hidden)
    var stderr = false

    @Option(help: "Only lines of this level or worse: debug, info, warn or error.")
    var level: LogLevel?

    @Option(
        name: [.long, .customShort("g")], help: ArgumentHelp("Only lines that hold it.", valueName: "text"))
    var grep: String?

    @Option(
        name: [.customShort("E"), .long],
        help: ArgumentHelp(
            "Only lines that an extended regular expression fits.", valueName: "expression"))
    var regex: String?

    @Flag(name: [.customShort("i"), .long], help: "Upper and lower case are the same to --grep and --regex.")
    var ignoreCase = false

    @Option(
        name: .shortAndLong, help: "How to print: text, json (one object a line) or raw (bytes as written).")
    var output: LogOutput = .text

    @Flag(name: .shortAndLong, help: "Begin each line with its time, in UTC.")
    var timestamps = false

    @Flag(help: "Begin each line with its time, in the reader's own zone.")
    var localTime = false

    @Flag(help: "Do not begin lines with their replica.")
    var noPrefix = false

    @Option(
        help: ArgumentHelp("The agent's state directory; also PLUMB_STATE_DIR.", valueName: "path"))
    var stateDir: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var color: ColorOptions

    func validate() throws {
        if previous, run != nil { throw ValidationError("--previous is a --run already; give one of them") }
        if follow, until != nil { throw ValidationError("--follow has no end; leave --until out") }
        if let since, let until, since >= until {
            throw ValidationError("nothing is after --since and before --until: that is no span of time")
        }
    }

    func run() async throws {
        let reader = LogReader(stateDir: try stateDirectory())
        let targets = try names.map(Self.target)
        let query = try query(slots: slots(of: targets, in: reader))
        guard reader.findsRun(query) else { throw missingRun }
        let format = LogFormat(
            paint: color.paint, output: output,
            namesReplicas: !noPrefix && (query.slots.count > 1 || names.count > 1),
            clock: localTime ? .local : timestamps ? .utc : nil, isTerminal: isatty(STDOUT_FILENO) == 1)
        let printer = LogPrinter(format)
        if follow {
            let records = reader.follow(query, targets: targets) { Output.error("plumb logs: \($0)") }
            for await records in records { try printer.print(records) }
        } else {
            try reader.read(query) { try printer.print($0) }
        }
        try printer.finish()
    }

    private func query(slots: [SlotID]) throws -> LogQuery {
        var query = LogQuery(slots: slots)
        if stdout != stderr { query.streams = stdout ? [.stdout] : [.stderr] }
        if let stream { query.streams = [stream] }
        query.run = previous ? .previous : try run.map(Self.choice)
        query.since = since
        query.until = until
        query.level = level
        query.namesLevels = output == .json
        query.patterns = try patterns()
        let usual: LineCount =
            since == nil && until == nil && query.run == nil ? .newest(LineCount.usual) : .all
        if case .newest(let count) = tail ?? usual { query.last = count }
        return query
    }

    private var missingRun: CommandFailure {
        let shown = names.joined(separator: ", ")
        if case .id(let id) = run.flatMap({ try? Self.choice($0) }) {
            return CommandFailure(
                message: "no run \(id) of \(shown) has written anything that is still there",
                remedy: "`plumb status INSTANCE` names the run of each replica")
        }
        return CommandFailure(
            message: "\(shown) has had no \(previous ? "previous" : run ?? "") run that wrote anything",
            remedy: "leave the run out to see all that is there")
    }

    private func patterns() throws -> [LogPattern] {
        var patterns = grep.map { [LogPattern($0, ignoresCase: ignoreCase)] } ?? []
        guard let regex else { return patterns }
        do {
            patterns.append(try LogPattern(expression: regex, ignoresCase: ignoreCase))
        } catch {
            throw CommandFailure(
                message: "'\(regex)' is no regular expression: \(error.reason)",
                remedy: "--grep looks for a text as it is")
        }
        return patterns
    }

    private static func choice(_ text: String) throws -> LogRunChoice {
        if text == "current" { return .current }
        if text == "previous" { return .previous }
        let id = RunID(text: text)
        guard id.isWellFormed else {
            throw CommandFailure(
                message: "'\(text)' is no run id: it has 20 hexadecimal digits",
                remedy: "say current or previous; `plumb status INSTANCE` names the run of each replica")
        }
        return .id(id)
    }

    private static func target(_ name: String) throws -> LogTarget {
        guard name.contains("/") else { return LogTarget(instance: name) }
        guard let replica = ReplicaID(name) else {
            throw CommandFailure(message: "'\(name)' is no replica", remedy: "write one as web/0")
        }
        return LogTarget(instance: replica.instance, index: replica.index)
    }

    private func slots(of targets: [LogTarget], in reader: LogReader) throws -> [SlotID] {
        for (target, name) in zip(targets, names) where reader.slots(of: [target]).isEmpty {
            let known = reader.instances().sorted()
            throw CommandFailure(
                message: "'\(name)' has written nothing here",
                remedy: known.isEmpty ? "" : "these have: \(known.joined(separator: ", "))")
        }
        return reader.slots(of: targets)
    }

    /// The option, the variable, what the running agent says, and at last where an agent of this user keeps
    /// it.
    private func stateDirectory() throws -> String {
        let directory = stateDir ?? ProcessEnvironment.current["PLUMB_STATE_DIR"] ?? agent.stateDirectory()
        guard access(directory, R_OK | X_OK) == 0 else {
            throw CommandFailure(
                message: "cannot read the state directory \(directory): \(String(cString: strerror(errno)))",
                remedy: errno == EACCES
                    ? "it is for root and the agent's user alone: run this with sudo"
                    : "name it with --state-dir")
        }
        return directory
    }
}

/// `-n`.
enum LineCount: ExpressibleByArgument, Sendable {
    case all
    case newest(Int)

    static let usual = 100

    init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let count = Int(argument), count >= 0 {
            self = .newest(count)
        } else {
            return nil
        }
    }
}

/// `-o`.
enum LogOutput: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json, raw }

extension LogLine.Stream: ExpressibleByArgument {}

extension LogLevel: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }
    package static var allValueStrings: [String] { allCases.map(\.name) }
}

/// A moment as an operator names it.
enum LogTime {
    static func parse(_ text: String) throws -> WallTime {
        if let time = parse(text, now: TimeText.now()) { return time }
        throw ValidationError(
            "write a time as 10m (ago), today, yesterday, 09:30, 2026-11-21, '2026-11-21 09:30' or "
                + "2026-11-21T09:30:00Z")
    }

    static func parse(_ text: String, now: WallTime) -> WallTime? {
        var age = text[...]
        if age.hasSuffix(" ago") { age = age.dropLast(4) }
        // As for journalctl.
        if age.hasPrefix("-") { age = age.dropFirst() }
        if let age = Quantities.duration(String(age)) {
            return WallTime(nanoseconds: now.nanoseconds - age.nanoseconds)
        }
        return TimeText.moment(text, now: now)
    }
}
