import ArgumentParser
import Glibc
import Manifests
import Reconciler
import Supervisor

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what runs have written.",
        discussion: """
            Reads the files of the state directory, so it works without an agent too. Where several replicas \
            are shown each line begins with its replica; an exclamation mark stands for standard error.
            """)

    @Argument(help: "An Instance (web), or one replica of it (web/0).")
    var name: String

    @Flag(name: .shortAndLong, help: "Go on with every line as it is written, across restarts.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp(
            "How many of the newest lines. Default: \(LineCount.usual); all of them with --since or --run.",
            valueName: "count|all"))
    var lines: LineCount?

    @Option(help: ArgumentHelp("Only lines that are younger, as in 10m or 1h30m.", valueName: "duration"))
    var since: Age?

    @Option(help: ArgumentHelp("Only the lines of one run.", valueName: "id"))
    var run: String?

    @Flag(help: "Only standard output.")
    var stdout = false

    @Flag(help: "Only standard error.")
    var stderr = false

    @Flag(name: .shortAndLong, help: "Begin each line with its time.")
    var timestamps = false

    @Option(
        help: ArgumentHelp("The agent's state directory; also PLUMB_STATE_DIR.", valueName: "path"))
    var stateDir: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var color: ColorOptions

    func run() async throws {
        let reader = LogReader(stateDir: try stateDirectory())
        let query = try query(slots: slots(in: reader))
        let format = LogFormat(
            paint: color.paint, namesReplicas: query.slots.count > 1, showsTimes: timestamps)
        if follow {
            for await line in reader.follow(query) { format.write(line) }
        } else {
            reader.read(query) { format.write($0) }
        }
    }

    private func query(slots: [SlotID]) throws -> LogQuery {
        var query = LogQuery(slots: slots)
        if stdout != stderr { query.streams = stdout ? [.stdout] : [.stderr] }
        query.run = try run.map { text in
            let id = RunID(text: text)
            guard id.isWellFormed else {
                throw CommandFailure(
                    message: "'\(text)' is no run id: it has 20 hexadecimal digits",
                    remedy: "`plumb status INSTANCE` names the run of each replica")
            }
            return id
        }
        query.since = since.map {
            WallTime(nanoseconds: TimeText.now().nanoseconds - $0.duration.nanoseconds)
        }
        let usual: LineCount = since == nil && run == nil ? .newest(LineCount.usual) : .all
        if case .newest(let count) = lines ?? usual { query.last = count }
        return query
    }

    private func slots(in reader: LogReader) throws -> [SlotID] {
        let instance = String(name.prefix { $0 != "/" })
        var slots = reader.slots(of: instance)
        if name.contains("/") {
            guard let replica = ReplicaID(name) else {
                throw CommandFailure(message: "'\(name)' is no replica", remedy: "write one as web/0")
            }
            slots = slots.filter { $0.replica == replica }
        }
        guard slots.isEmpty else { return slots }
        let known = reader.instances().sorted()
        throw CommandFailure(
            message: "'\(name)' has written nothing here",
            remedy: known.isEmpty ? "" : "these have: \(known.joined(separator: ", "))")
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

/// `10m`, as declarations write durations.
struct Age: ExpressibleByArgument, Sendable {
    var duration: Duration

    init?(argument: String) {
        guard let duration = Quantities.duration(argument) else { return nil }
        self.duration = duration
    }
}
