import Manifests
import Reconciler

/// What a run has said of itself, with the instants at which its keeper heard it.
struct Heartbeat: Sendable, Equatable {
    var isReady = false
    var isReloading = false
    var isStopping = false
    /// When it first said that it is ready.
    var readyAt: Instant?
    /// When it last said that it is alive.
    var beatAt: Instant?
    /// It called itself dead.
    var isTriggered = false
    /// The time that it asked to be given in place of the declared one.
    var asked: Duration?
    var extendedUntil: Instant?
}

/// One heartbeat probe of one run: what its messages, and their absence, add up to. No I/O, no clock of its
/// own.
struct HeartbeatTimeline: Sendable {
    /// What one look gives.
    struct Look: Sendable, Equatable {
        /// The new state where it has changed, else nil.
        var crossed: Bool?
        var detail: String
        /// When the state changes by itself; nil: only a message can change it.
        var due: Instant?
        /// It is the absence of a message that it rests on.
        var isOfSilence = false
    }

    static let startupUsual = Duration.seconds(90)
    /// A program may ask for a shorter time than this, and does not get it.
    static let askedMin = Duration.milliseconds(100)
    /// Looking later than this after the due time means that nobody could look: the host or the agent stood
    /// still, and so perhaps did the run, which gets as much time again, its whole time at most.
    static let lateMax = Duration.milliseconds(100)

    private let kind: ProbeKind
    private let ttl: Duration?
    private let start: Instant
    private(set) var isPassing: Bool?
    private var due: Instant?
    private var givenUntil = Instant.zero

    /// `start`: from when on the run can be expected to say something.
    init(_ kind: ProbeKind, ttl: Duration?, start: Instant) {
        self.kind = kind
        self.start = start
        self.ttl =
            switch kind {
            case .startup: ttl ?? Self.startupUsual
            case .readiness: ttl
            case .liveness: ttl ?? Probe.watchdogUsual
            }
    }

    /// Whether a look now would find that the run was silent for too long.
    func isSilent(_ heartbeat: Heartbeat, now: Instant) -> Bool {
        var copy = self
        let look = copy.look(at: heartbeat, now: now)
        return look.crossed == false && look.isOfSilence
    }

    mutating func look(at heartbeat: Heartbeat, now: Instant) -> Look {
        if let due, now - due > Self.lateMax { givenUntil = now + min(now - due, time(heartbeat)) }
        var look =
            switch kind {
            case .startup: startup(heartbeat, now)
            case .readiness: readiness(heartbeat, now)
            case .liveness: liveness(heartbeat, now)
            }
        due = look.due
        if look.crossed == isPassing { look.crossed = nil } else { isPassing = look.crossed ?? isPassing }
        return look
    }

    private func startup(_ heartbeat: Heartbeat, _ now: Instant) -> Look {
        if heartbeat.readyAt != nil { return Look(crossed: true, detail: "READY=1 came") }
        let time = time(heartbeat)
        let deadline = max(max(start + time, givenUntil), heartbeat.extendedUntil ?? .zero)
        guard now >= deadline else { return Look(detail: "READY=1 has not come yet", due: deadline) }
        let detail = "no READY=1 within \((deadline - start).declared)"
        return Look(crossed: false, detail: detail, isOfSilence: true)
    }

    private func readiness(_ heartbeat: Heartbeat, _ now: Instant) -> Look {
        if heartbeat.isStopping { return Look(crossed: false, detail: "it says STOPPING=1") }
        guard heartbeat.isReady else { return Look(detail: "READY=1 has not come yet") }
        if heartbeat.isReloading { return Look(crossed: false, detail: "it says RELOADING=1") }
        guard ttl != nil else { return Look(crossed: true, detail: "READY=1 came") }
        return beats(heartbeat, within: time(heartbeat), now)
    }

    private func liveness(_ heartbeat: Heartbeat, _ now: Instant) -> Look {
        if heartbeat.isTriggered { return Look(crossed: false, detail: "it said WATCHDOG=trigger") }
        return beats(heartbeat, within: time(heartbeat), now)
    }

    /// How long the run may be silent.
    private func time(_ heartbeat: Heartbeat) -> Duration {
        switch kind {
        case .startup: ttl ?? Self.startupUsual
        case .readiness: ttl ?? .zero
        case .liveness:
            heartbeat.asked.map { max($0, Self.askedMin) } ?? ttl ?? Probe.watchdogUsual
        }
    }

    private func beats(_ heartbeat: Heartbeat, within ttl: Duration, _ now: Instant) -> Look {
        let heard = heartbeat.beatAt ?? heartbeat.readyAt
        let last = max(start, heard ?? .zero)
        let deadline = max(max(last + ttl, givenUntil), heartbeat.extendedUntil ?? .zero)
        guard now < deadline else {
            let detail =
                heartbeat.beatAt == nil
                ? "no WATCHDOG=1 within \(ttl.declared)"
                : "no WATCHDOG=1 for \((now - last).rough), \(ttl.declared) at most"
            return Look(crossed: false, detail: detail, isOfSilence: true)
        }
        return Look(crossed: true, detail: "WATCHDOG=1 comes in time", due: deadline)
    }
}
