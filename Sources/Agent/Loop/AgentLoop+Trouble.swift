import Reconciler

/// What is said while the repository cannot be read or fetched. Nothing that runs is touched by it.
extension AgentLoop {
    func unreadable(_ failure: SourceFailure, at moment: Moment) {
        readFailure = failure
        tellOfTrouble(at: moment)
    }

    func readable(at moment: Moment) {
        readFailure = nil
        unreadRevision = nil
        tellOfTrouble(at: moment)
    }

    /// The ref can be read. That is no recovery where the revision that it names could not be.
    func sourceReadable(at moment: Moment) {
        if unreadRevision == nil { readable(at: moment) }
    }

    func couldNotRead(_ revision: RevisionID, _ failure: SourceFailure, at moment: Moment) {
        unreadRevision = revision
        unreadable(failure, at: moment)
    }

    func silent(_ failure: SourceFailure?, at moment: Moment) {
        silence = failure
        // What comes of the reading is known in a moment, and may be no better.
        if failure == nil, reading != nil { return }
        tellOfTrouble(at: moment)
    }

    func fetched(_ failure: SourceFailure?, at moment: Moment) {
        fetchFailure = failure
        if failure == nil {
            source.fetchedAt = moment.wall
            recorder.fetched(at: moment)
        }
        tellOfTrouble(at: moment)
    }

    /// A mirror that cannot be read is often one that could not be fetched: the remote comes first.
    func tellOfTrouble(at moment: Moment) {
        guard let failure = fetchFailure ?? readFailure ?? silence else {
            guard conditions.isTrue(.sourceStale) else { return }
            conditions.clear(.sourceStale)
            note(.sourceReadable, "the repository can be read again")
            return
        }
        let message = failure.advice.isEmpty ? failure.message : "\(failure.message); \(failure.advice)"
        if !conditions.isTrue(.sourceStale) {
            let what = fetchFailure == nil ? "read" : "fetched"
            note(
                .sourceStale, "the repository cannot be \(what), everything goes on as it is: \(message)")
        }
        conditions.set(.sourceStale, true, reason: failure.code, message: message, at: moment.wall)
    }
}
