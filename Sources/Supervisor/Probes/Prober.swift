import Glibc
import Manifests
import Synchronization

/// Performs single probes over the network. One for the whole Supervisor.
final class Prober: Sendable {
    private let loop: EventLoop
    private let http = HTTPProbe()
    private let grpc = GRPCProbe()
    private let admission = Admission(SupervisorLimits.networkProbesMax)
    let execAdmission = Admission(SupervisorLimits.execProbesMax)
    private let isStopped = Mutex(false)

    init(loop: EventLoop) { self.loop = loop }

    /// `port` is nil where the unit has no endpoint of that name; validation refuses such a declaration.
    func tcp(port: UInt16?, timeout: Duration) async -> ProbeOutcome {
        guard let port else { return .failed("no such endpoint") }
        return await admitted { [loop] in await TCPProbe.check(port: port, timeout: timeout, loop: loop) }
    }

    func http(_ question: HTTPQuestion, timeout: Duration) async -> ProbeOutcome {
        await admitted { [http] in await http.check(question, timeout: timeout) }
    }

    func grpc(_ question: GRPCQuestion, timeout: Duration) async -> ProbeOutcome {
        await admitted { [grpc] in await grpc.check(question, timeout: timeout) }
    }

    private func admitted(_ check: @Sendable () async -> ProbeOutcome) async -> ProbeOutcome {
        await admission.enter()
        defer { admission.leave() }
        if isStopped.withLock({ $0 }) { return .failed("the agent is stopping") }
        return await check()
    }

    func stopAll() { isStopped.withLock { $0 = true } }

    func shutdown() async { await http.shutdown() }
}
