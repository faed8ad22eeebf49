package import Reconciler

/// What the store of a simulated host would have of the past, in the order in which it was written.
package struct SimulatedHistory: Sendable {
    package private(set) var events: [EventRecord] = []
    package private(set) var specs: [SpecRecord] = []
    package private(set) var traces: [RevisionTrace] = []
    private var recorder = HistoryRecorder(bootID: "boot-1")

    package init() {}

    mutating func accepted(_ revision: Revision, at moment: Moment) {
        recorder.seen(revision, at: moment)
        recorder.accepted(revision, at: moment)
        recorder.planned(at: moment)
    }

    mutating func note(
        memories: [(String, InstanceMemory?)], events new: [EventRecord], in world: World, at moment: Moment
    ) {
        events += new
        recorder.note(memories: memories, events: new, in: world, at: moment)
        let taken = recorder.take()
        for change in taken.specs {
            switch change {
            case .began(let record): specs.append(record)
            case .went(let open):
                let index = specs.lastIndex { $0.instance == open.instance && $0.specHash == open.specHash }
                if let index { specs[index].progress = open.progress }
            }
        }
        for trace in taken.traces {
            traces.removeAll { $0.revision.id == trace.revision.id }
            traces.append(trace)
        }
    }
}
