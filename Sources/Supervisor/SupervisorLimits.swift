/// Every bound of the Supervisor, in one place.
enum SupervisorLimits {
    /// Start and probe requests that the zygote has not answered yet. The kernel bounds descriptors in
    /// flight.
    static let requestsInFlightMax = 64
    /// How long a start waits for the keeper of the slot's last run to let go of the lock.
    static let slotLockWaitMax: Duration = .seconds(2)
    /// How long a zygote may take to answer, and a new agent waits for the zygote of the last one to go.
    static let zygoteAnswerMax: Duration = .seconds(10)
    /// How long the zygote of a dead agent may take to go before it is killed.
    static let lastZygotePatience: Duration = .seconds(2)
    /// Attempts at a start that met EAGAIN, EMFILE or their like; the pauses between them double.
    static let startAttemptsMax = 5
    static let startRetryFirst: Duration = .milliseconds(20)
    /// How long a keeper found at adoption may take to name itself.
    static let helloWaitMax: Duration = .seconds(2)
    /// How long a keeper may be found stopped after the time of its run's stop, and after it was let go on.
    static let stoppedKeeperPatience: Duration = .seconds(5)
    /// How long a keeper may take to answer before it is asked again, or given up.
    static let pongWaitMax: Duration = .seconds(5)
    /// Descriptors of workloads that wait to be closed before no more are taken in, and threads that close.
    static let disposalsMax = 1024
    static let disposalThreadsMax = 4
    /// How long a control group may take to be empty after it was killed.
    static let treeEmptyWaitMax: Duration = .seconds(2)
    /// For so long what was read of a run's use answers every question for it.
    static let usageAgeMax: Duration = .milliseconds(500)
    static let secretBytesMax = 64 << 10
    /// Of a line that tells why a rollout failed.
    static let toldErrorBytesMax = 1_000
    static let memoBytesMax = 1 << 20
    static let packageEntriesMax = 100_000
    static let packageBytesMax: UInt64 = 4 << 30
    static let packageLinksMax = 40
    /// Packages that are written, and archives that are fetched, at the same time; others wait.
    static let packagesAtOnceMax = 4
    static let fetchesAtOnceMax = 16
    /// How long unpacking one archive may take, and what the process that reads it may use.
    static let archiveUnpackMax: Duration = .seconds(600)
    static let archiveReaderMemoryMax: UInt64 = 512 << 20
    static let archiveReaderSecondsMax: UInt64 = 600
    /// How long an archive that could not be had is left alone; doubled each time, up to one bound where it
    /// may come by itself, and up to another where it is not what is declared.
    static let fetchPauseFirst: Duration = .milliseconds(800)
    static let fetchPauseMax: Duration = .seconds(60)
    static let refusedPauseMax: Duration = .seconds(300)
    /// How soon a package that only a run without a declaration needs is looked at again.
    static let packageUseLookAgain: Duration = .seconds(60)
    /// Archives that could not be had and are remembered.
    static let refusalsMax = 1_000
    /// Exec probes that run at the same time, over all runs.
    static let execProbesMax = 32
    /// HTTP and TCP probes that run at the same time, over all runs.
    static let networkProbesMax = 256
    /// Bytes of one log line that are shown; the rest of it is another line.
    static let logLineBytesMax = 64 << 10
    /// Lines of a follower that are not taken yet; beyond it reading waits for the consumer.
    static let followLinesMax = 4096
    /// How long a run goes on after its start, or after a change was noticed, before it is looked at; changes
    /// that come in a row put that off, but not for longer than the last.
    static let driftFirstLook: Duration = .seconds(3)
    static let driftPause: Duration = .milliseconds(250)
    static let driftPauseMax: Duration = .seconds(2)
    /// So many changes of other files within so much time, and a directory is left for a while: first for
    /// this long, then for twice as long each time.
    static let driftStrangersMax = 200
    static let driftBusyTime: Duration = .seconds(10)
    static let driftRest: Duration = .seconds(5)
    static let driftRestMax: Duration = .seconds(300)
    /// Directories and control files that are watched, over all runs.
    static let watchesMax = 16_384
    /// Files, directories and names that one look for a path trigger may find.
    static let pathFilesMax = 10_000
    static let pathDirectoriesMax = 1_024
    static let pathEntriesMax = 100_000
    /// What happens within so long leads to one look for a path trigger.
    static let pathPause: Duration = .milliseconds(100)
    /// How often is looked where nothing can be watched.
    static let pathRetry: Duration = .seconds(60)
    /// A program that was replaced by a file of more bytes counts as another one, unread.
    static let comparedBytesMax = 32 << 20
    static let scriptBytesMax = 1 << 20
    /// Read of what a Schedule's run has written last to stderr, and names looked at in its output directory.
    static let archivedErrorBytesMax = 16 << 10
    static let outputEntriesMax = 10_000
}
