import Manifests

/// Decides whether a revision that was understood may be applied now. Pure: time and windows come as values,
/// and what it must remember is a value too.
package struct Gatekeeper: Sendable {
    package var settings: GateSettings
    /// Changed by the methods alone; `takeMemory` hands it over to be stored.
    package private(set) var memory: GateMemory
    /// Of this life alone: whoever kills the agent between two commits may have both at once.
    var pace = Pace()
    private var isDirty = false

    package init(settings: GateSettings = GateSettings(), memory: GateMemory = GateMemory()) {
        self.settings = settings
        self.memory = memory
    }

    /// nil where it is stored already.
    package mutating func takeMemory() -> GateMemory? {
        guard isDirty else { return nil }
        isDirty = false
        return memory
    }

    mutating func change(_ body: (inout GateMemory) -> Void) {
        let before = memory
        body(&memory)
        if memory != before { isDirty = true }
    }

    /// What holds a candidate now; nil: it may be accepted.
    ///
    /// - Parameter isFirst: nothing was accepted before and nothing runs, so there is nothing to disturb.
    package func weigh(
        _ revision: Revision, _ plan: GatedPlan, isFirst: Bool, windows: WindowState, at now: Moment
    ) -> HeldRevision? {
        if plan.changesNothing { return nil }
        let known = memory.held?.revision.id == revision.id ? memory.held : nil
        let samePlan = memory.held.flatMap { $0.plan.hash == plan.hash ? $0 : nil }
        let seen = known?.seen ?? now
        var holds: [Hold] = []
        if let suspension = memory.suspension { holds.append(suspension.hold) }
        let approved = memory.approval.flatMap { $0.plan == plan.hash ? $0 : nil }
        if approved?.revision != revision.id && !isFirst {
            holds += timed(plan, seen: seen, windows, at: now)
        }
        if approved == nil, let blown = blown(plan, at: now) { holds.append(blown) }
        guard !holds.isEmpty else { return nil }
        return HeldRevision(
            revision: revision, plan: plan, holds: holds, seen: seen, since: known?.since ?? now.wall,
            fuse: settings.fuse, broughtBy: samePlan.map(\.broughtBy) ?? revision.signer)
    }

    private func timed(
        _ plan: GatedPlan, seen: Moment, _ windows: WindowState, at now: Moment
    ) -> [Hold] {
        var holds: [Hold] = []
        if case .closed(let opensAt) = windows {
            holds.append(
                Hold(
                    kind: .window, message: "no maintenance window is open",
                    lift: (opensAt == nil ? "no window opens as far as can be told" : "the next one opens")
                        + ", or " + Self.command(plan.hash),
                    until: opensAt.map { now.later(to: $0) }))
        }
        let due = seen.instant + settings.applyDelay
        if due > now.instant {
            holds.append(
                Hold(
                    kind: .delay,
                    message: "it was seen less than \(Quantities.text(settings.applyDelay)) ago (applyDelay)",
                    lift: "the time is over, or " + Self.command(plan.hash),
                    until: now.later(to: due)))
        }
        return holds
    }

    package static func command(_ hash: PlanHash) -> String { "plumb approve \(hash) --reason WHY" }

    /// When a candidate has to be weighed again, or a suspension lapses; never before now.
    package func wakeAt(hasCandidate: Bool, at now: Instant) -> Instant? {
        let holds = hasCandidate ? memory.held?.holds.compactMap { $0.until?.instant } ?? [] : []
        let lapse = memory.suspension?.until?.instant
        return (holds + (lapse.map { [$0] } ?? [])).min().map { max($0, now + Self.weighPause) }
    }

    /// Between two weighings that nobody asked for.
    private static let weighPause = Duration.milliseconds(100)

    /// Another boot: instants of the last one mean nothing.
    package mutating func forgetInstants(now: Moment) { change { $0.forgetInstants(now: now) } }
}

extension Moment {
    /// The moment at which the wall clock shows this, if nobody sets it.
    package func later(to wall: WallTime) -> Moment {
        Moment(instant: instant + .nanoseconds(wall.nanoseconds - self.wall.nanoseconds), wall: wall)
    }

    package func later(to instant: Instant) -> Moment {
        let apart = (instant - self.instant).nanoseconds
        return Moment(instant: instant, wall: WallTime(nanoseconds: wall.nanoseconds + apart))
    }
}

extension Suspension {
    var hold: Hold {
        Hold(
            kind: .suspended, message: "the host is suspended by \(by): \(reason)",
            lift: (until == nil ? "" : "it lapses by itself, or ") + "plumb resume", until: until)
    }
}
