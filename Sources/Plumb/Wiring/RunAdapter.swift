import Agent
import Manifests
import Reconciler
import StatusAPI
import Supervisor

/// Joins the supervisor to the loop.
struct RunAdapter: RunPort {
    let supervisor: Supervisor
    let secrets: SecretValues

    func open() async throws -> [AdoptedRun] { try await supervisor.open() }

    func resume(_ run: RunID, spec: InstanceSpec, revision: RevisionID, isStartupPassed: Bool) async {
        do throws(PreparationFailure) {
            try await supervisor.update(
                run, spec: spec, revision: revision, reload: false, isStartupPassed: isStartupPassed)
        } catch {
            AgentLog.say("the probes of run \(run) could not be resumed: \(error.message)")
        }
    }

    func prepare(_ spec: InstanceSpec) async -> HostFailure? {
        await supervisor.prepare(spec).map { failure in
            var found = HostFailure(code: failure.code, message: failure.message, remedy: failure.remedy)
            if failure.isOfRevision { found.ofRevision = true }
            return found
        }
    }

    func inputs(of spec: InstanceSpec) async -> String? { supervisor.inputs(of: spec) }

    func lastErrors(of run: RunID, in slot: SlotID, lines: Int) async -> [String] {
        // They are stored, and shown with the failure: each may have been cut within a value.
        let mask = secrets.mask()
        return supervisor.lastErrors(of: run, in: slot, lines: lines).map {
            mask.masked($0, endsInside: true)
        }
    }

    func start(_ request: RunRequest) async throws(HostFailure) {
        do throws(StartError) {
            try await supervisor.start(request)
        } catch {
            throw HostFailure(
                code: error.code, message: error.message,
                remedy: error.isTransient ? "it is tried again by itself" : "mend the host, it is tried again"
            )
        }
    }

    func stop(_ run: RunID, policy: StopPolicy) async { supervisor.stop(run, policy: policy) }

    func update(_ run: RunID, spec: InstanceSpec, reload: Bool, memo: [UInt8]) async throws(HostFailure) {
        do {
            try await supervisor.update(run, spec: spec, reload: reload, memo: memo)
        } catch {
            throw HostFailure(
                code: "UpdateFailed", message: "\(error)",
                remedy: "what runs goes on as it was; commit again once the host is mended")
        }
    }

    func hold(_ resources: HeldResources) async { supervisor.hold(resources) }
    func collectPackages(keep packages: Set<PackageReference>) async -> PackageSweep {
        let found = await supervisor.collectPackages(keep: packages)
        return PackageSweep(removed: found.removed.map(Self.shown), nextIn: found.nextIn)
    }

    /// `web/1.4.2-3f2a9c1b5d7e`: the first digits of a digest are what people compare.
    private static func shown(_ key: String) -> String {
        guard let dash = key.lastIndex(of: "-") else { return key }
        return key[..<dash] + "-" + key[key.index(after: dash)...].prefix(12)
    }

    func signal(_ runs: [RunID], _ signal: Signal) async -> Int { supervisor.signal(runs, signal) }

    func archive(_ order: ArchiveOrder) async -> ArchivedFiles {
        let found = supervisor.archive(
            order.run, in: order.slot, of: order.schedule, listsOutput: order.isLast)
        guard !found.errors.isEmpty else { return ArchivedFiles(output: found.output) }
        // More is read than is kept, so that no value is cut where what is kept begins.
        let text = secrets.mask().masked(
            String(decoding: found.errors, as: UTF8.self), startsInside: true, endsInside: true)
        return ArchivedFiles(errors: text.suffix(utf8Max: ScheduledRun.errorsMax), output: found.output)
    }

    func removeFiles(of schedule: String, runs: [RunID]) async {
        supervisor.removeFiles(of: schedule, runs: runs)
    }

    func acknowledge(_ run: RunID) async { await supervisor.acknowledge(run) }
    func close() async { await supervisor.shutdown(keepRuns: true) }
}

extension String {
    /// The end of it, in whole characters.
    fileprivate func suffix(utf8Max: Int) -> String {
        guard utf8.count > utf8Max else { return self }
        var rest = utf8.suffix(utf8Max)
        while let first = rest.first, first & 0xC0 == 0x80 { rest = rest.dropFirst() }
        return String(decoding: rest, as: UTF8.self)
    }
}
