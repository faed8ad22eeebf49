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
            """)

    @Argument(help: "An Instance (web), or one replica of it (web/0); several may be given.")
    var names: [String]

    @Flag(name: .shortAndLong, help: "Go on with every line as it is written, across restarts and rotations.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp(
            "How many of the newest lines. Default: \(LineCount.usual); all with --since, --until or --run.",
            valueName: "count|all"))
    var tail: LineCount?

    @Option(help: ArgumentHelp("Only lines that were begun then or later.", valueName: "time"))
    var since: LogTime?

    @Option(help: ArgumentHelp("Only lines that were begun before then.", valueName: "time"))
    var until: LogTime?

    @Option(help: ArgumentHelp("Only the lines of one run.", valueName: "id|current|previous"))
    var run: String?

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

    @Flag(name: [.customShort("i"), .long], help: "Upper and lower case are the same to --grep.")
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

    func run() async throws {
        let reader = LogReader(stateDir: try stateDirectory())
        let targets = try names.map(Self.target)
        let query = try query(slots: slots(of: targets, in: reader))
        let format = LogFormat(
            paint: color.paint, output: output,
            namesReplicas: !noPrefix && (query.slots.count > 1 || names.count > 1),
            clock: localTime ? .local : timestamps ? .utc : nil, isTerminal: isatty(STDOUT_FILENO) == 1)
        if follow {
            for await record in reader.follow(query, targets: targets) { format.write(record) }
        } else {
            reader.read(query) { format.write($0) }
        }
    }

    private func query(slots: [SlotID]) throws -> LogQuery {
        var query = LogQuery(slots: slots)
        if stdout != stderr { query.streams = stdout ? [.stdout] : [.stderr] }
        if let stream { query.streams = [stream] }
        query.run = try run.map(Self.choice)
        query.since = since?.time
        query.until = until?.time
        query.level = level
        query.namesLevels = output == .json
        query.text = grep.map { LogPattern($0, ignoresCase: ignoreCase) }
        let usual: LineCount =
            since == nil && until == nil && run == nil ? .newest(LineCount.usual) : .all
        if case .newest(let count) = tail ?? usual { query.last = count }
        return query
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
struct LogTime: ExpressibleByArgument, Sendable {
    var time: WallTime

    init?(argument: String) { self.init(argument, now: TimeText.now()) }

    init?(_ text: String, now: WallTime) {
        if let age = Quantities.duration(text) {
            time = WallTime(nanoseconds: now.nanoseconds - age.nanoseconds)
        } else if let found = TimeText.moment(text, now: now) {
            time = found
        } else {
            return nil
        }
    }
}
