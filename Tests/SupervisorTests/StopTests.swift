import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// Policies of stopping, as the agent's side hands them on.
@Suite struct StopTests {
    private func stoppable(_ script: String, _ steps: [StopPolicy.Step], drain: Duration? = nil)
        -> InstanceSpec
    {
        var spec = shell(script)
        spec.stop = StopPolicy(drain: drain, steps: steps)
        return spec
    }

    private let ended =
        "trap 'exit 0' TERM; echo > \"$PLUMB_WORKSPACE_DIR/ready\"; while :; do sleep 0.02; done"

    private func ready(_ host: TestHost) async {
        await eventually("it is ready") {
            access("\(host.stateDir)/instances/web/0/workspace/ready", F_OK) == 0
        }
    }

    @Test func aMissingCommandIsFoundBeforeAnythingIsStopped() async throws {
        try await withHost { host in
            let spec = stoppable(sleeper, [.command(["/does/not/exist"], timeout: .seconds(1))])
            let failure = await host.supervisor.prepare(spec)
            #expect(failure?.code == "command-missing")
            #expect(failure?.message.contains("stop.steps[0]") == true)
        }
    }

    @Test func aCommandOfThePackageRunsWithTheEnvironmentOfTheRun() async throws {
        let host = TestHost(
            source: FilesOfMemory(
                "t", [("drain.sh", .executable, "#!/bin/sh\necho $TOKEN $PLUMB_REPLICA > drained\nexit 4\n")])
        )
        writeFile("\(host.base)/secrets/token", "hunter2", mode: 0o600)
        try await withHost(host) { host in
            var spec = stoppable(
                ended, [.command(["./drain.sh"], timeout: .seconds(5)), .signal(.term, grace: .seconds(5))])
            spec.process.package = PackageReference(unit: "web", version: "1.0.0", tree: "t")
            spec.process.workingDir = "\(host.base)"
            spec.process.secrets = ["TOKEN": "token"]
            let run = try await host.start(spec)
            await ready(host)
            host.supervisor.stop(run, policy: spec.stop)
            #expect(try await host.exited(run).cause == .exited(code: 0))
            #expect(readFile("\(host.base)/drained") == "hunter2 0\n")
            let told = host.events.compactMap { event in
                if case .stopStepFailed(run, let message) = event { message } else { nil }
            }
            #expect(told == ["the stop command ./drain.sh exited 4"])
        }
    }

    @Test func aLiveChangeBringsACommandAndTakesItAway() async throws {
        try await withHost { host in
            let file = "\(host.base)/stopped"
            var spec = shell(ended)
            let run = try await host.start(spec)
            await ready(host)
            let command = StopPolicy.Step.command(
                ["/bin/sh", "-c", "echo $PLUMB_RUN_ID >> \(file)"], timeout: .seconds(5))
            spec.stop = StopPolicy(steps: [command, command, .signal(.term, grace: .seconds(5))])
            try await host.supervisor.update(run, spec: spec, reload: false)
            spec.stop.steps?.removeFirst()
            try await host.supervisor.update(run, spec: spec, reload: false)
            host.supervisor.stop(run, policy: spec.stop)
            try await host.exited(run)
            #expect(readFile(file) == "\(run.text)\n")
        }
    }

    @Test func aLiveChangeToACommandThatIsMissingIsRefusedAndTheOldOneHolds() async throws {
        try await withHost { host in
            let file = "\(host.base)/stopped"
            let old = stoppable(
                ended,
                [
                    .command(["/bin/sh", "-c", "echo old > \(file)"], timeout: .seconds(5)),
                    .signal(.term, grace: .seconds(5)),
                ])
            let run = try await host.start(old)
            await ready(host)
            var new = old
            new.stop.steps = [.command(["/does/not/exist"], timeout: .seconds(5))]
            await #expect(throws: PreparationFailure.self) {
                try await host.supervisor.update(run, spec: new, reload: false)
            }
            host.supervisor.stop(run, policy: new.stop)
            #expect(try await host.exited(run).cause == .exited(code: 0))
            #expect(readFile(file) == "old\n")
        }
    }

    @Test func nothingIsProbedWhileARunDrains() async throws {
        try await withHost { host in
            let file = "\(host.base)/probed"
            var spec = stoppable(ended, [.signal(.term, grace: .seconds(5))], drain: .seconds(2))
            spec.health.liveness = Probe(
                check: .exec(command: ["/bin/sh", "-c", "echo x >> \(file)"]), period: .milliseconds(20))
            let run = try await host.start(spec)
            await eventually("it is probed") { (readFile(file) ?? "").count > 4 }
            await ready(host)
            let begun = Instant.current
            host.supervisor.stop(run, policy: spec.stop)
            host.supervisor.stop(run, policy: spec.stop)
            // One that was under way may still write; a hundred would have followed in the drain.
            let seen = (readFile(file) ?? "").count
            #expect(try await host.exited(run).cause == .exited(code: 0))
            #expect((readFile(file) ?? "").count <= seen + 2)
            #expect(Instant.current - begun >= .seconds(2))
        }
    }

    @Test func anAgentThatComesBackDoesNotBeginTheDrainAnew() async throws {
        try await withHost { host in
            let spec = stoppable(ended, [.signal(.term, grace: .seconds(5))], drain: .seconds(3))
            let run = try await host.start(spec)
            await ready(host)
            let begun = Instant.current
            host.supervisor.stop(run, policy: spec.stop)
            // Time has to pass: most of the drain, which must not begin anew.
            try? await Task.sleep(for: .milliseconds(2500))
            host.drop()
            try await host.open()
            host.supervisor.stop(run, policy: spec.stop)
            #expect(try await host.exited(run).cause == .exited(code: 0))
            let took = Instant.current - begun
            #expect(took >= .seconds(3) && took < .milliseconds(5400), "\(took)")
        }
    }
}
