package import Manifests

/// What is known of the host's runs now.
package struct Observed: Sendable, Codable {
    /// Live runs only; one a slot.
    package var runs: [SlotID: ObservedRun]
    /// What was found when a spec was checked before its first start.
    package var preparations: [SpecHash: Preparation]
    /// The agent is to end and to take its runs along.
    package var stopping: Bool
    /// What specs that failed here, or may, take from the host, and when that was last looked at.
    package var inputs: [SpecHash: HostInputs]?

    package init(
        runs: [SlotID: ObservedRun] = [:], preparations: [SpecHash: Preparation] = [:], stopping: Bool = false
    ) {
        self.runs = runs
        self.preparations = preparations
        self.stopping = stopping
    }
}

/// A keyed hash of what a spec takes from the host: its secrets' values, its user, its command.
package struct HostInputs: Sendable, Hashable, Codable {
    /// nil: it takes nothing that could be mended.
    package var hash: String?
    package var at: Instant

    package init(hash: String?, at: Instant) {
        self.hash = hash
        self.at = at
    }
}

package enum Preparation: Sendable, Hashable, Codable {
    case underway
    case ready
    /// Package, user or secret is missing: what runs stays, and it is looked at again at `retryAt`.
    case failed(HostFailure, attempts: Int, retryAt: Instant)
}

/// Why this host cannot start a spec.
package struct HostFailure: Sendable, Hashable, Codable, Error {
    /// `SecretMissing`, `UserUnknown`, `PackageUnreadable`, …
    package var code: String
    package var message: String
    package var remedy: String
    /// It lies in what was committed (a command that is not there, a package that is not as it should be);
    /// nil: in the host.
    package var ofRevision: Bool?

    package init(code: String, message: String, remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }
}

package struct ObservedRun: Sendable, Codable {
    package enum Phase: Sendable, Hashable, Codable {
        /// Claimed and handed over; not yet executing.
        case starting
        case running
        case stopping
        /// Its lock is held and nobody answers, or its identity cannot be proven.
        case unknown(reason: String)
    }
    package var id: RunID
    package var slot: SlotID
    @Boxed package var spec: InstanceSpec
    package var nonce: String
    /// The revision that brought the start hash.
    @Boxed package var revision: Revision
    package var dependsOn: [Dependency]
    package var phase: Phase
    package var claimedAt: Instant
    /// When its live or reload fields were last changed; nil: it is as it was started.
    package var changedAt: Instant?
    package var identity: RunIdentity?
    /// The last verdict of each probe; nil until there is one.
    package var startup: Bool?
    package var readiness: Bool?
    package var livenessFailed: Bool
    /// Probes that were changed while it runs and have not answered since; nil: none.
    package var unanswered: Set<ProbeKind>?
    package var readySince: Instant?
    /// The longest it was ready without a break, the present stretch left out.
    package var longestReady: Duration
    /// The agent came back to it: what its probes said before is not known.
    package var adopted: Bool
    /// What a probe saw last, for status.
    package var probeDetail: String?
    /// What probes that still count as passing have seen: kind → detail.
    package var faltering: [String: String]?
    /// When that was last an event: one that comes and goes would push all others out of the history.
    package var falterNotedAt: Instant?
    /// What it says of itself; nil without a notify socket.
    package var notice: RunNotice?
    @Boxed package var startCause: Cause
    @BoxedIfAny package var stopCause: Cause?
    /// When it was asked to end; nil where an earlier agent asked.
    package var stoppingSince: Instant?
    package var lostLogBytes: UInt64
    /// Processes of its tree that were killed for want of memory; nil: nobody counts, or it is not known yet.
    package var memoryKills: UInt64?
    /// At most one of each kind, in the order of the kinds' names.
    package var findings: [RunFinding] {
        get { found ?? [] }
        set { found = newValue.isEmpty ? nil : newValue }
    }
    /// Optional, because an agent before this version tells nothing of it.
    private var found: [RunFinding]?
    /// When it was first found to be stale or drifted, and when more of it was seen last.
    package var driftedSince: Instant?
    package var driftChanged: Instant?
    /// Since when it was ready in an earlier life of the agent, until its probes speak again.
    var readyBefore: Instant?

    package init(
        id: RunID, slot: SlotID, spec: InstanceSpec, nonce: String, revision: Revision,
        dependsOn: [Dependency] = [], phase: Phase = .starting, claimedAt: Instant,
        identity: RunIdentity? = nil, startCause: Cause
    ) {
        self.id = id
        self.slot = slot
        self.spec = spec
        self.nonce = nonce
        self.revision = revision
        self.dependsOn = dependsOn
        self.phase = phase
        self.claimedAt = claimedAt
        self.identity = identity
        self.startup = nil
        self.readiness = nil
        self.livenessFailed = false
        self.readySince = nil
        self.longestReady = .zero
        self.adopted = false
        self.probeDetail = nil
        self.faltering = nil
        self.falterNotedAt = nil
        self.notice = nil
        self.startCause = startCause
        self.stopCause = nil
        self.stoppingSince = nil
        self.lostLogBytes = 0
        self.found = nil
    }

    package var key: RunKey { RunKey(start: spec.startHash, nonce: nonce) }
    /// Running, and every gate that its spec declares is passed.
    package var isReady: Bool { phase == .running && readySince != nil }
    /// Ready, and not given up by its liveness probe.
    package var isServing: Bool { isReady && !livenessFailed }
    /// Each probe that it has now has answered: what was said to earlier ones proves nothing.
    package var isConfirmed: Bool { unanswered == nil }
    /// It may serve: the agent came back to it, and its probes have not said yet.
    package var isUndetermined: Bool {
        adopted && phase == .running && readySince == nil && !livenessFailed && startup != false
            && readiness != false
    }
}
