package import Manifests
package import Reconciler

/// What the loop asks of whoever makes processes. What becomes of a run is told by `AgentEvent.run`.
package protocol RunPort: Sendable {
    /// Takes up every run that an earlier agent left, and says how each slot was found.
    func open() async throws -> [AdoptedRun]
    /// Tells what a run that was found alive is, so that its probes go on; one that has started up is not
    /// asked whether it has.
    func resume(_ run: RunID, spec: InstanceSpec, revision: RevisionID, isStartupPassed: Bool) async
    /// Checks package, user and secrets; nil if the spec can start here. May be asked again at any time.
    func prepare(_ spec: InstanceSpec) async -> HostFailure?
    /// A keyed hash of what a spec takes from the host beside its package: secrets, user, command. nil:
    /// nothing.
    func inputs(of spec: InstanceSpec) async -> String?
    /// The last lines that a run wrote to stderr.
    func lastErrors(of run: RunID, in slot: SlotID, lines: Int) async -> [String]
    /// Hands a run over to a keeper. Its claim is durable before this is called. A thrown failure means that
    /// no process was made and no `exited` will follow.
    func start(_ request: RunRequest) async throws(HostFailure)
    /// Stops a run and its tree; ends with `exited`.
    func stop(_ run: RunID, policy: StopPolicy) async
    /// Applies live fields; with `reload`, writes the config file anew and signals. Once that is done, `memo`
    /// takes the place of the one that the run was started with, so that no later agent does it again.
    func update(_ run: RunID, spec: InstanceSpec, reload: Bool, memo: [UInt8]) async throws(HostFailure)
    /// What is declared and runs needs this; all else that is held for Instances is let go.
    func hold(_ resources: HeldResources) async
    /// Removes packages that nothing has needed for long enough; what runs keeps its own in any case.
    func collectPackages(keep: Set<PackageReference>) async -> PackageSweep
    /// Sends a signal to the main process of each run whose identity is proven; says to how many.
    func signal(_ runs: [RunID], _ signal: Signal) async -> Int
    /// Puts the files of a Schedule's ended run into its own directory. Asking again does no harm.
    func archive(_ order: ArchiveOrder) async -> ArchivedFiles
    /// Removes the directories of runs of a Schedule.
    func removeFiles(of schedule: String, runs: [RunID]) async
    /// The exit is durable: the keeper may go.
    func acknowledge(_ run: RunID) async
    /// Ends what serves starts; runs go on.
    func close() async
}

/// What a Schedule's run left behind.
package struct ArchivedFiles: Sendable, Hashable {
    /// The end of what it wrote to stderr; nil: nothing.
    package var errors: String?
    package var output: [ScheduledRun.OutputFile]

    package init(errors: String? = nil, output: [ScheduledRun.OutputFile] = []) {
        self.errors = errors
        self.output = output
    }
}

/// What became of the packages that nothing needs.
package struct PackageSweep: Sendable, Hashable {
    /// `web/1.4.2-3f2a9c…`, sorted.
    package var removed: [String]
    /// When the next one is due; nil: there is none.
    package var nextIn: Duration?

    package init(removed: [String] = [], nextIn: Duration? = nil) {
        self.removed = removed
        self.nextIn = nextIn
    }
}
