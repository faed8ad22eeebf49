import CLinux
import Glibc
import KeeperProtocol

/// Goes once, in the zygote, through the code that every keeper runs: what the language's runtime builds
/// when it first meets a type then lies in pages that all keepers share, instead of in each one's own.
enum WarmUp {
    static func run() {
        var spec = LaunchSpec(runID: "warm-up", executable: "/", arguments: ["warm-up"])
        spec.socketName = "warm-up"
        spec.supplementaryGroups = [0]
        spec.cgroups.tasksDirectories = ["/"]
        let bytes = spec.encoded()
        bytes.withUnsafeBytes { raw in
            guard let view = try? LaunchSpecView(raw) else { return }
            _ = view.arguments()
            _ = String(decoding: view.runID, as: UTF8.self)
        }
        let own = ProcessIdentity(of: getpid()) ?? ProcessIdentity(pid: 0, startTicks: 0)
        let identity = RunIdentity(
            runID: "warm-up", bootID: "", keeper: own, child: own, startedAtWall: 0, startedAtBoot: 0)
        _ = identity.record()
        let record = ExitRecord(runID: "warm-up", cause: .exited(code: 0))
        _ = record.record()
        for message: KeeperMessage in [
            .identity(identity), .started, .exited(record),
            .pong(token: 0, status: KeeperStatus(phase: .running)),
        ] {
            _ = message.encoded()
        }
        _ = try? AgentMessage(decoding: AgentMessage.stop(steps: [.killTree]).encoded())
        _ = StopSequence([.killTree], at: 0)
    }
}
