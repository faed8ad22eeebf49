import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// Joins the probes to the runs: what is probed, with which rights, and to whom the results go.
extension Supervisor {
    private static let probeAnswerGrace: Duration = .seconds(2)
    private static let outputShownMax = 200

    /// Begins the probes of a run anew, from what its spec says now.
    func startProbes(_ run: RunID) {
        let old = table.withLock { table -> RunProbes? in
            let old = table[run]?.probes
            table[run]?.probes = nil
            return old
        }
        old?.stop()
        guard let entry = table.withLock({ $0[run] }), entry.phase == .running, !entry.isStopping,
            let spec = entry.spec,
            let identity = entry.identity
        else { return }
        let probes = RunProbes(
            spec.health, processStart: Instant(nanoseconds: Int64(clamping: identity.startedAtBoot)),
            isStartupPassed: entry.isStartupPassed, notices: entry.notices,
            check: { [weak self] probe in
                await self?.check(probe, run) ?? .failed("the agent is stopping")
            },
            change: { [weak self] kind, passing, detail in
                if kind == .startup, passing { self?.table.withLock { $0[run]?.isStartupPassed = true } }
                self?.tell(.probeChanged(run, kind, passing: passing, detail: detail)) {
                    self?.table.withLock { $0[run]?.phase == .running && $0[run]?.isStopping == false }
                        ?? false
                }
            },
            falter: { [weak self] kind, detail in
                self?.tell(.probeFaltered(run, kind, detail: detail)) {
                    self?.table.withLock { $0[run]?.phase == .running } ?? false
                }
            },
            catchUp: { [weak self] in await self?.catchUp(run) ?? true })
        let kept = table.withLock { table in
            guard table[run]?.phase == .running, table[run]?.isStopping == false, table[run]?.probes == nil
            else { return false }
            table[run]?.probes = probes
            return true
        }
        if !kept { probes?.stop() }
    }

    /// Until the keeper has told all that the run has said. One that has never answered is too old to.
    private func catchUp(_ run: RunID) async -> Bool {
        guard table.withLock({ $0[run]?.answersPings ?? false }) else { return true }
        if await ping(run) { return true }
        // Where there is no connection that came at once; a new one may be on its way.
        await doze(for: .seconds(1))
        return false
    }

    private func check(_ probe: Probe, _ run: RunID) async -> ProbeOutcome {
        guard let entry = table.withLock({ $0[run] }), let spec = entry.spec else {
            return .failed("the run is over")
        }
        let index = entry.slot.id.replica.index
        func port(_ name: String) -> UInt16? {
            spec.process.endpoints.first { $0.name == name }?.port(index: index)
        }
        let package = spec.process.package.map(packages.path(of:))
        switch probe.check {
        case .tcp(let name): return await prober.tcp(port: port(name), timeout: probe.timeout)
        case .http(let name, let path, let options):
            guard let port = port(name) else { return .failed("no such endpoint") }
            let caFile = options?.tls?.file(in: package)
            let question = HTTPQuestion(port: port, path: path, options: options, caFile: caFile)
            return await prober.http(question, timeout: probe.timeout)
        case .grpc(let name, let service, let tls):
            guard let port = port(name) else { return .failed("no such endpoint") }
            let caFile = tls?.file(in: package)
            let question = GRPCQuestion(port: port, service: service, tls: tls, caFile: caFile)
            return await prober.grpc(question, timeout: probe.timeout)
        case .heartbeat:
            // It is listened for, and never asked.
            return .failed("the run is not heard")
        case .exec(let command):
            await prober.execAdmission.enter()
            defer { prober.execAdmission.leave() }
            return await execute(command, timeout: probe.timeout, run, entry, spec)
        }
    }

    /// Runs the command below a subreaper of its own, in the run's control group and with its rights.
    private func execute(
        _ command: [String], timeout: Duration, _ run: RunID, _ entry: RunEntry, _ spec: InstanceSpec
    ) async -> ProbeOutcome {
        let name = command.first ?? ""
        do {
            var launch = try assembly.probe(
                command, timeout: timeout, spec: spec, run: run, slot: entry.slot.id,
                revision: entry.revision ?? RevisionID(hex: ""),
                rules: try await rules(of: entry, spec),
                main: entry.identity?.child)
            if let group = entry.group, let groups {
                launch.cgroups = groups.paths(group)
                // The group is its run's: a probe that ends must not take the run along.
                launch.cgroups.killDirectory = nil
                launch.cgroups.oomCounterFile = nil
            }
            let answer = try await result(of: launch, within: timeout + Self.probeAnswerGrace)
            guard let answer else { return .failed("\(name): no answer within \(timeout)") }
            return Self.outcome(answer, name, timeout)
        } catch let failure as PreparationFailure where failure.isOfRevision {
            return .failed("\(name): \(failure.message)")
        } catch {
            // A secret that is gone, or a fork that is refused, must not end what runs well.
            return .unasked("\(name): \(error)")
        }
    }

    /// nil where no result came: the probe's subreaper was killed, or the task was cancelled.
    func result(of launch: LaunchSpec, within timeout: Duration) async throws -> ProbeResult? {
        var pair: [Int32] = [-1, -1]
        guard clinux_seqpacket_pair(&pair) == 0 else { throw SystemError("socketpair", "") }
        // Closing it early ends the probe and all that it forked.
        let ours = Descriptor(owning: pair[0])
        let theirs = Descriptor(owning: pair[1])
        let spec = try SealedSpec.make(launch.encoded())
        let outcome = await zygote.request(
            ZygoteRequest.probeDescriptors, descriptors: [spec.raw, theirs.raw])
        close(consume theirs)
        switch outcome {
        case .forked, .lost: break
        case .failed(let number): throw SystemError("fork", "a probe", number: number)
        case .unavailable(let message): throw SystemError("start the zygote:", message, number: ECHILD)
        }
        guard await loop.waitUntilReadable(ours.raw, timeout: timeout) else { return nil }
        var bytes = [UInt8](repeating: 0, count: WireLimits.messageBytesMax)
        let count = clinux_receive(ours.raw, &bytes, bytes.count, nil, 0, nil, 1)
        return count > 0 ? try ProbeResult(decoding: Array(bytes[..<count])) : nil
    }

    private func close(_ descriptor: consuming Descriptor) {}

    private static func outcome(_ result: ProbeResult, _ name: String, _ timeout: Duration) -> ProbeOutcome {
        let shown =
            String(decoding: result.output.prefix(outputShownMax), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
        switch result.outcome {
        case .exited(0): return .passed("\(name) exited 0")
        case .exited(let code): return .failed("\(name) exited \(code)\(shown)")
        case .signaled(let number): return .failed("\(name) was killed by signal \(number)\(shown)")
        case .timedOut: return .failed("\(name) did not end within \(timeout)\(shown)")
        case .execFailed(let step, let number):
            return .failed("\(name): \(step.words): \(SystemError.text(number))")
        }
    }
}
