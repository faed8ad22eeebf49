import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

@Suite struct LifeTests {
    @Test func aRunStartsAndItsExitCodeIsTold() async throws {
        try await withHost { host in
            let run = try await host.start(shell("exit 7"))
            #expect(try await host.exited(run).cause == .exited(code: 7))
            #expect(host.identity(of: run) != nil)
        }
    }

    @Test func aSignalIsToldApartFromAnExitCode() async throws {
        try await withHost { host in
            let run = try await host.start(shell("kill -9 $$"))
            #expect(try await host.exited(run).cause == .signaled(number: 9, coreDumped: false))
        }
    }

    @Test func stoppingEndsTheWholeTree() async throws {
        try await withHost { host in
            let file = "\(host.base)/child"
            let run = try await host.start(
                shell(
                    "trap 'exit 0' TERM; setsid sh -c 'trap \"\" TERM; echo $$ > \(file); sleep 600' & wait"))
            await eventually("the child runs") { readPid(file) != nil }
            let child = try #require(readPid(file))
            host.supervisor.stop(run, policy: StopPolicy(grace: .seconds(5)))
            let report = try await host.exited(run)
            #expect(report.cause == .exited(code: 0))
            #expect(report.treeProvenEmpty)
            #expect(!isAlive(child))
        }
    }

    @Test func whoIgnoresTheSignalIsKilledAfterItsGrace() async throws {
        try await withHost { host in
            let file = "\(host.base)/ignoring"
            let run = try await host.start(
                shell("trap '' TERM; echo $$ > \(file); while :; do sleep 1; done"))
            await eventually("it ignores the signal") { readPid(file) != nil }
            host.supervisor.stop(run, policy: StopPolicy(grace: .milliseconds(100)))
            #expect(try await host.exited(run).cause == .signaled(number: 9, coreDumped: false))
        }
    }

    @Test func aProgramThatCannotBeExecutedSaysWhichStepFailed() async throws {
        try await withHost { host in
            let path = "\(host.base)/no-interpreter"
            writeFile(path, "#!/does/not/exist\n", mode: 0o755)
            let run = try await host.start(spec(ProcessSpec(command: path)))
            guard case .startFailed(let step, let number, let message) = try await host.exited(run).cause
            else {
                Issue.record("it started")
                return
            }
            #expect(step == "exec")
            #expect(number == ENOENT)
            #expect(message.contains("No such file"))
        }
    }

    @Test func aSlotThatHasARunTakesNoSecond() async throws {
        try await withHost { host in
            let run = try await host.start(shell(sleeper))
            try await host.started(run)
            await #expect(throws: StartError.self) { try await host.start(shell(sleeper)) }
            #expect(host.reports(of: run).isEmpty)
        }
    }

    @Test func theNextRunOfASlotBeginsRightAfterTheAcknowledgement() async throws {
        try await withHost { host in
            for code in 0..<5 {
                let report = try await host.runToEnd("exit \(code)")
                #expect(report.cause == .exited(code: Int32(code)))
            }
        }
    }

    @Test func aSignalReachesTheProcess() async throws {
        try await withHost { host in
            let file = "\(host.base)/got"
            let run = try await host.start(
                shell("trap 'echo hup > \(file)' HUP; echo > \(file).ready; while :; do sleep 0.05; done"))
            await eventually("the trap is set") { access("\(file).ready", F_OK) == 0 }
            host.supervisor.signal(run, Signal(name: "SIGHUP", number: SIGHUP))
            await eventually("the signal is caught") { readFile(file) == "hup\n" }
        }
    }

    @Test func aReloadReplacesTheConfigFileAndSignals() async throws {
        try await withHost { host in
            let file = "\(host.base)/seen"
            var spec = shell(
                "f() { cat $PLUMB_CONFIG_PATH > \(file); }; trap f HUP; f; while :; do sleep 0.05; done"
            )
            spec.process.configFile = ConfigFileSpec(name: "config.json", contents: "one\n")
            spec.process.reloadSignal = Signal(name: "SIGHUP", number: SIGHUP)
            let run = try await host.start(spec)
            await eventually("the first config is read") { readFile(file) == "one\n" }
            spec.process.configFile?.contents = "two\n"
            try await host.supervisor.update(run, spec: spec, reload: true)
            await eventually("the second config is read") { readFile(file) == "two\n" }
            #expect(host.reports(of: run).isEmpty)
        }
    }
}
