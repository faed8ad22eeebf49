import KeeperProtocol
package import Reconciler
import Synchronization

/// Answers what runs use, when somebody asks and never by itself. One asker at a time reads; who asks again
/// within `SupervisorLimits.usageAgeMax` gets what was read.
actor Accountant {
    private struct Sample {
        var at: Instant
        var usage: RunUsage
    }
    private var samples: [RunID: Sample] = [:]

    /// A sample that is older says nothing of what a run uses now.
    private static let intervalMax: Duration = .seconds(120)
    private static let runsPerTurn = 50

    func usage(
        of runs: [RunMembers], live: Set<RunID>, places: [Controller: ControllerPlace]
    ) async -> [RunID: RunUsage] {
        samples = samples.filter { live.contains($0.key) }
        let host = HostProcesses(for: runs.filter { recent($0.run) == nil })
        var answer: [RunID: RunUsage] = [:]
        for (number, members) in runs.enumerated() {
            answer[members.run] = sample(members, places, host)
            // A thousand runs take a while, and others use this thread.
            if number % Self.runsPerTurn == Self.runsPerTurn - 1 { await Task.yield() }
        }
        return answer
    }

    private func recent(_ run: RunID) -> RunUsage? {
        guard let last = samples[run], Instant.current - last.at < SupervisorLimits.usageAgeMax else {
            return nil
        }
        return last.usage
    }

    private func sample(
        _ members: RunMembers, _ places: [Controller: ControllerPlace], _ host: HostProcesses?
    ) -> RunUsage {
        if let usage = recent(members.run) { return usage }
        let now = Instant.current
        let last = samples[members.run]
        var usage = UsageReading(members: members, places: places, host: host).read()
        usage.cpuCores = cores(usage.cpuTime, at: now, since: last, members.identity)
        samples[members.run] = Sample(at: now, usage: usage)
        return usage
    }

    private func cores(
        _ time: Duration?, at now: Instant, since last: Sample?, _ identity: KeeperProtocol.RunIdentity?
    ) -> Double? {
        guard let time else { return nil }
        if let last, let before = last.usage.cpuTime, now - last.at < Self.intervalMax {
            return max(0, (time - before) / (now - last.at))
        }
        guard let identity else { return nil }
        let age = now - Instant(nanoseconds: Int64(clamping: identity.startedAtBoot))
        return age > .milliseconds(1) ? time / age : nil
    }
}

extension Supervisor {
    /// What these runs use now; a run that is not alive has no answer.
    package func usage(of wanted: Set<RunID>) async -> [RunID: RunUsage] {
        let (entries, live) = table.withLock { table in
            let entries = table.runs.filter { $0.value.phase != .over && $0.value.identity != nil }
            return (entries.filter { wanted.contains($0.key) }, Set(entries.keys))
        }
        let runs = entries.map { RunMembers($0.key, $0.value) }
        var usage = await accountant.usage(of: runs, live: live, places: groups?.places ?? [:])
        for (run, entry) in entries {
            usage[run]?.memoryKills = entry.memoryKills ?? entry.group.flatMap { groups?.memoryKills(of: $0) }
        }
        return usage
    }

    /// Every process of a run, parents before their children. Empty for a run that is not alive.
    package func processes(of run: RunID) -> [RunProcess] {
        guard let entry = table.withLock({ $0[run] }), entry.phase != .over, entry.identity != nil else {
            return []
        }
        let members = RunMembers(run, entry)
        return ProcessListing.list(members.pids(among: HostProcesses(for: [members])))
    }
}
