/// A display that is made anew when the agent's stream says that something changed.
struct Watching {
    /// The lines as of now: ages in them grow.
    typealias Picture = () -> [String]

    private let stream: AgentStream
    private let terminal: Terminal
    /// The messages that call for another picture; nil: whatever is told.
    private let events: Set<String>?

    /// How often ages are drawn anew, where somebody looks.
    private static let tick: Duration = .seconds(1)
    /// Changes that come together are one.
    private static let settle: Duration = .milliseconds(20)

    init(_ client: AgentClient, _ query: String, _ terminal: Terminal, on events: Set<String>? = nil) {
        stream = AgentStream(client, query)
        self.terminal = terminal
        self.events = events
    }

    /// - Parameter frame: asks the agent; what it throws is shown, for an agent that is away may come back.
    func run(_ frame: () throws -> Picture) throws {
        var screen = Screen(terminal: terminal)
        var picture: Picture = { [] }
        var absence: [String] = []
        var isStale = true
        while true {
            switch try stream.next(within: isStale ? Self.settle : Self.tick) {
            case .message(let message):
                if events?.contains(message.event) ?? true { isStale = true }
            case .back:
                (absence, isStale) = ([], true)
            case .away(let failure):
                absence = ["plumb: " + failure.message + "; waiting for it to come back", ""]
                screen.show(absence + picture())
            case .idle:
                if isStale {
                    isStale = false
                    do { picture = try frame() } catch {
                        let lines = "plumb: \(error)".split(separator: "\n").map(String.init)
                        picture = { lines }
                    }
                    screen.show(absence + picture())
                } else if terminal.isInteractive {
                    screen.show(absence + picture())
                }
            }
        }
    }
}
