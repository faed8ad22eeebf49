/// Every bound of zygote and keeper, in one place. Durations are in nanoseconds.
enum KeeperBounds {
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000

    /// Connections that one keeper serves at a time; one more is closed at once.
    static let connectionsMax = 8
    /// How long a tree may take to die before it is called unproven.
    static let treeKillMax = 1500 * millisecond
    /// The pause between two looks at a dying tree, where no signal announces a change.
    static let treeKillPause = 5 * millisecond
    /// Descendants looked at in one pass; a fork bomb has more, and another pass comes.
    static let descendantsMax = 65536
    /// How long a stop command that was killed at its timeout may take to be gone.
    static let commandEndMax = 3 * second
    /// How long a keeper whose run is over holds what the run was given, while no agent is there to take it.
    static let holdMax = 300 * second
    /// How long a pipe is drained after the tree is dead: a process outside it may hold the other end.
    static let drainMax = 500 * millisecond
    /// How long a connected agent may take to acknowledge an exit before the keeper syncs its record itself.
    static let acknowledgeMax = 2 * second
    /// The pause after which an exit record that could not be written is tried again.
    static let recordRetryPause = 1 * second
    /// The pause after which a log that could not be written is opened again.
    static let logRetryPause = 1 * second
    /// Two reads within this time share one entry of the log's index.
    static let indexGrain = 1 * millisecond
    /// The pause between two looks at whether the log is still the file of its name.
    static let lookPause = 10 * millisecond
    /// Between two looks for output that is too old, at least; and so many looks within its age, at most.
    static let expiryPauseMin = 1 * second
    static let expiriesPerAge: UInt64 = 100
    /// Moves of one stream before the others have their turn.
    static let pumpsPerTurn = 16
    /// One splice moves at most this many bytes.
    static let spliceBytesMax = 1 << 20
    /// One message of a run about itself, in bytes; a longer one is not taken.
    static let notifyBytesMax = 4096
    /// Messages of a run about itself that are read in one window; the rest waits in the socket.
    static let notifyReadsMax = 64
    static let notifyWindow = 100 * millisecond
    /// Descriptors of one message, and those that wait to be closed before no more messages are read.
    static let noticeDescriptorsMax = 64
    static let discardsMax = 256
    /// The pause after which a child that closes them, and could not be forked, is tried again.
    static let discardRetryPause = 100 * millisecond
    /// Agents are told of them at most this often.
    static let notifyTellPause = 100 * millisecond
    /// The most that one EXTEND_TIMEOUT_USEC can ask for.
    static let extensionMax = 600 * second
    /// The most that one step of stopping can be made longer by the run itself, in all.
    static let stopExtensionMax = 600 * second
    /// Generations between a sender and its keeper that are walked, and walks before it counts as a stranger.
    static let ancestryDepthMax = 256
    static let ancestryTriesMax = 3
    /// Old log files beyond `filesMax` that one clean-up looks for.
    static let staleLogFilesMax: UInt32 = 1000
}
