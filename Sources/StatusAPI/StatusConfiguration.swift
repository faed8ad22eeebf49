/// Where the status is served.
package struct StatusConfiguration: Sendable, Hashable {
    /// `127.0.0.1:7420`, `[::1]:7420`, `localhost:0`. What is not loopback needs tokens and TLS.
    package var listen: String
    /// The local socket's path, of any length; its directory exists. nil: none.
    package var socket: String?
    package var access: AccessRules
    /// nil: in the clear.
    package var tls: TLSFiles?
    /// Whoever set it up says that something else encrypts the way.
    package var allowsClear = false

    package init(
        listen: String = "127.0.0.1:7420", socket: String? = nil, access: AccessRules = AccessRules(),
        tls: TLSFiles? = nil, allowsClear: Bool = false
    ) {
        self.listen = listen
        self.socket = socket
        self.access = access
        self.tls = tls
        self.allowsClear = allowsClear
    }
}

/// Every bound of the endpoint, in one place.
enum StatusLimits {
    static let connectionsMax = 512
    /// Of one address that is not this host's.
    static let connectionsPerAddressMax = 64
    /// The request line counts as one: a path with a long selector has to fit.
    static let headerFieldBytesMax = 32 << 10
    static let headerBytesMax = 32 << 10
    static let headersMax = 100
    static let targetBytesMax = 16 << 10
    /// A request needs no body; a small one is read and passed over.
    static let bodyBytesMax = 64 << 10
    /// A connection that says nothing for so long is closed, one that sends its request in drops too.
    static let idleMax: Duration = .seconds(60)
    /// How long the loop may take to answer.
    static let answerMax: Duration = .seconds(5)
    /// A client that does not take its answer for so long is gone.
    static let writeMax: Duration = .seconds(30)
    /// How long a client may still send what nobody reads, after an answer that ends the connection.
    static let lingerMax: Duration = .seconds(2)
    /// How long requests in flight may go on when the agent ends.
    static let drainMax: Duration = .seconds(2)
    /// Of lists that are in memory as a whole.
    static let listDefault = 1_000
    static let listMax = 10_000
    static let eventsDefault = 100
    static let eventsMax = 1_000
    /// Of runs that are remembered.
    static let runsDefault = 100
    static let runsMax = 1_000
    /// Events of one run that are shown with it, of so many of its processes.
    static let runEventsMax = 200
    static let runAttemptsMax = 10
    /// The next times of a Schedule.
    static let upcomingMax = 1_000
    /// Schedules in trouble that `/v1/status` names.
    static let troubledMax = 100
    /// Lines of a log on one page.
    static let linesDefault = 100
    static let linesMax = 1_000
    static let endpointsDefault = 100
    static let endpointsMax = 10_000
    /// Services whose turn is remembered.
    static let turnsMax = 1_024
    static let revisionsDefault = 50
    static let revisionsMax = 1_000
    static let specsDefault = 20
    static let specsMax = 200
    /// Digits of a commit's id that name it.
    static let revisionPrefixMin = 4
    /// Replicas whose last output one answer holds, and lines of each.
    static let outputRunsMax = 5
    static let outputLinesMax = 20
}

/// How long the server waits for its clients, which tests make short.
struct ServerTimes: Sendable {
    var idle = StatusLimits.idleMax
    var write = StatusLimits.writeMax
    var linger = StatusLimits.lingerMax
}
