/// How a run is asked to end. Whatever is left of its tree after that is killed; that is never written.
package struct StopPolicy: Sendable, Hashable, Codable {
    /// The short form, which holds where there are no `steps`.
    package var signal: Signal
    package var grace: Duration
    /// How long the run counts as not ready before its first step; nil is no time. Optional, like `steps`,
    /// so that what was stored before they came is read.
    package var drain: Duration?
    /// nil: the short form.
    package var steps: [Step]?

    package init(
        signal: Signal = .term, grace: Duration = .seconds(5), drain: Duration? = nil, steps: [Step]? = nil
    ) {
        self.signal = signal
        self.grace = grace
        self.drain = drain
        self.steps = steps
    }

    /// One step, and how long it waits for the main process to end. Without a wait the next one follows at
    /// once.
    package enum Step: Sendable, Hashable, Codable {
        /// The run's standard input comes to its end.
        case closeInput(grace: Duration)
        /// Runs beside the main process, in its control group and with its rights, until it ends.
        case command([String], timeout: Duration)
        case signal(Signal, grace: Duration)
    }

    /// The steps in either form.
    package var effectiveSteps: [Step] { steps ?? [.signal(signal, grace: grace)] }

    /// The commands among the steps, with the places at which they stand.
    package var commands: [(index: Int, command: [String])] {
        (steps ?? []).enumerated().compactMap { index, step in
            if case .command(let command, _) = step { (index, command) } else { nil }
        }
    }
}
