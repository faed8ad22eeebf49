import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

@Suite struct StoppedKeeperTests {
    private func stoppable(_ script: String) -> InstanceSpec {
        var spec = shell(script)
        spec.stop = StopPolicy(signal: .term, grace: .milliseconds(200))
        return spec
    }

    @Test func aKeeperThatSomebodyStoppedEndsItsRunAllTheSame() async throws {
        try await withHost { host in
            let spec = stoppable(sleeper)
            let run = try await host.start(spec)
            let identity = try await host.started(run)
            kill(identity.keeperPID, SIGSTOP)
            await eventually("the keeper is stopped") {
                ProcessStat(pid: identity.keeperPID)?.isStopped == true
            }
            host.supervisor.stop(run, policy: spec.stop)
            #expect(try await host.exited(run).cause == .signaled(number: SIGTERM, coreDumped: false))
        }
    }

    @Test(arguments: [
        // Once, when it is asked to end; and again and again.
        "trap 'kill -STOP $PPID' TERM; while :; do sleep 0.1; done",
        """
        trap '' TERM; while [ ! -e $PLUMB_WORKSPACE_DIR/go ]; do sleep 0.01; done
        while :; do kill -STOP $PPID 2>/dev/null; done
        """,
    ])
    func aRunThatStopsItsKeeperIsEnded(_ script: String) async throws {
        try await withHost { host in
            let spec = stoppable(script)
            let run = try await host.start(spec)
            let identity = try await host.started(run)
            let replica = host.supervisor.layout.replica(ReplicaID(instance: "web", index: 0))
            writeFile("\(replica)/workspace/go", "")
            host.supervisor.stop(run, policy: spec.stop)
            _ = try await host.exited(run)
            await eventually("its process is gone") { !isAlive(identity.pid) }
            await host.supervisor.acknowledge(run)
            await eventually("its keeper is gone") { !isAlive(identity.keeperPID) }
            #expect(try await host.runToEnd("exit 3").cause == .exited(code: 3))
        }
    }

    private func status(_ state: String, _ switches: Int) -> KeeperProgress {
        KeeperProgress(
            status: "Name:\tplumb-keeper\nState:\t\(state)\nvoluntary_ctxt_switches:\t\(switches)\n")
    }

    @Test func onlyWhoSleepsAndNeverWakesIsBlocked() {
        let asleep = status("S (sleeping)", 7)
        #expect(asleep.isBlocked(since: asleep))
        #expect(!status("S (sleeping)", 8).isBlocked(since: asleep))
        #expect(!status("D (disk sleep)", 7).isBlocked(since: status("D (disk sleep)", 7)))
        #expect(!status("R (running)", 7).isBlocked(since: asleep))
    }
}
