import Manifests

/// Spreads what commits do to one Instance. A host follows a commit at once; it does not restart a program as
/// often as somebody's script commits. Each Instance may be disturbed `burst` times in quick succession (a
/// bad commit, and its fix), and once more after every `interval`. A revision is accepted whole, so the
/// Instance that has to wait longest decides: at most `interval` from the last acceptance on, whatever is
/// committed meanwhile. What disturbs nothing never waits.
package struct Pace: Sendable {
    package static let interval = Duration.seconds(1)
    package static let burst = 2

    /// By when each Instance will have had its rest, were nothing more to be done to it. Those that had it
    /// are left out.
    private var restedAt: [String: Instant] = [:]

    package init() {}

    /// The Instance for which a revision has to wait, and until when; nil: none.
    package func wait(for disturbed: [String], at now: Instant) -> (instance: String, until: Instant)? {
        var longest: (instance: String, until: Instant)?
        for name in disturbed where !restedAt.isEmpty {
            guard let restedAt = restedAt[name] else { continue }
            let until = restedAt + Self.interval * (1 - Self.burst)
            if until > longest?.until ?? now { longest = (name, until) }
        }
        return longest
    }

    /// A revision that disturbs these is accepted.
    package mutating func took(_ disturbed: [String], at now: Instant) {
        restedAt = restedAt.filter { $0.value > now }
        for name in disturbed { restedAt[name] = max(restedAt[name] ?? now, now) + Self.interval }
    }
}

/// A revision that waits for its turn.
package struct PacedRevision: Sendable, Hashable, Codable {
    package var revision: Revision
    /// The Instance that commits have just changed.
    package var instance: String
    package var until: Instant

    /// A sentence for status.
    package func text(now: Instant) -> String {
        "\(revision.short) waits \(max(until - now, .zero).rough) for its turn: commits have just changed "
            + "\(instance) \(Pace.burst) times; the newest commit is applied then"
    }
}

extension Gatekeeper {
    /// Whether a revision that no gate holds has to wait for its turn. What somebody approved, and what a
    /// gate has held up already, does not.
    package func pace(_ revision: Revision, _ plan: GatedPlan, at now: Moment) -> PacedRevision? {
        guard memory.approval?.plan != plan.hash, memory.held?.revision.id != revision.id,
            let wait = pace.wait(for: plan.disturbed, at: now.instant)
        else { return nil }
        return PacedRevision(revision: revision, instance: wait.instance, until: wait.until)
    }
}
