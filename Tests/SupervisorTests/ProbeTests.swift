import CLinux
import Glibc
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

@Suite struct ProbeTests {
    private func probe(
        _ check: Probe.Check, timeout: Duration = .seconds(2), success: Int = 1, failure: Int = 2
    ) -> Probe {
        Probe(
            check: check, period: .milliseconds(50), timeout: timeout, successThreshold: success,
            failureThreshold: failure)
    }

    private func file(_ path: String) -> Probe.Check { .exec(command: ["/bin/sh", "-c", "test -e \(path)"]) }

    @Test func readinessFollowsAnExecProbe() async throws {
        try await withHost { host in
            let path = "\(host.base)/ready"
            let run = try await host.start(
                shell(sleeper, health: Health(readiness: probe(file(path)))))
            await eventually("not ready") { host.probeChanges(of: run).last?.passing == false }
            writeFile(path, "")
            await eventually("ready") { host.probeChanges(of: run).last?.passing == true }
            unlink(path)
            await eventually("not ready again") { host.probeChanges(of: run).count == 3 }
            #expect(host.probeChanges(of: run).map(\.passing) == [false, true, false])
            #expect(host.probeChanges(of: run).allSatisfy { $0.kind == .readiness })
        }
    }

    @Test func theStartupProbeHoldsTheOthersBack() async throws {
        try await withHost { host in
            let path = "\(host.base)/up"
            let health = Health(
                startup: probe(file(path), failure: 1000),
                readiness: probe(.exec(command: ["/bin/sh", "-c", "echo >> \(host.base)/asked"])),
                liveness: probe(file("\(host.base)/none"), failure: 1))
            let run = try await host.start(shell(sleeper, health: health))
            try await host.started(run)
            // Long enough for several periods of the others.
            try await Task.sleep(for: .milliseconds(300))
            #expect(host.probeChanges(of: run).isEmpty)
            #expect(access("\(host.base)/asked", F_OK) != 0)
            writeFile(path, "")
            await eventually("all three have told") { host.probeChanges(of: run).count == 3 }
            #expect(host.probeChanges(of: run).first?.kind == .startup)
            #expect(Set(host.probeChanges(of: run).map(\.kind)) == [.startup, .readiness, .liveness])
        }
    }

    @Test(.survives(.probeTrouble, "hangs, of a run")) func aHangingProbeIsKilledWithAllThatItForked()
        async throws
    {
        try await withHost { host in
            let pids = "\(host.base)/pids"
            let script = "echo $$ >> \(pids); setsid sh -c 'echo $$ >> \(pids); exec sleep 600' & sleep 600"
            let health = Health(
                liveness: probe(
                    .exec(command: ["/bin/sh", "-c", script]), timeout: .milliseconds(200), failure: 1))
            let run = try await host.start(shell(sleeper, health: health))
            await eventually("it fails") { host.probeChanges(of: run).first?.passing == false }
            #expect(host.probeChanges(of: run).first?.detail.contains("did not end") == true)
            let seen = (readFile(pids) ?? "").split(separator: "\n").prefix(2).compactMap { Int32($0) }
            #expect(seen.count == 2)
            await eventually("nothing of it is left") { !seen.contains(where: isAlive) }
            #expect(host.reports(of: run).isEmpty)
        }
    }

    @Test func anExecProbeHasTheEnvironmentAndTheGroupOfItsRun() async throws {
        try await withHost { host in
            let path = "\(host.base)/seen"
            let script =
                "[ $$ -gt 1 ] && cat /proc/self/cgroup > \(path).g && env > \(path).e && mv \(path).e \(path)"
            let health = Health(readiness: probe(.exec(command: ["/bin/sh", "-c", script])))
            let run = try await host.start(shell(sleeper, health: health))
            await eventually("it ran") { access(path, F_OK) == 0 }
            #expect(readFile(path)?.contains("PLUMB_RUN_ID=\(run.text)\n") == true)
            if host.supervisor.groups != nil { #expect(readFile("\(path).g")?.contains(run.text) == true) }
        }
    }

    @Test func tcpAndHttpProbesSeeWhatListens() async throws {
        try await withHost { host in
            let server = try HTTPResponder()
            defer { server.close() }
            let health = Health(
                readiness: probe(.http(port: "web", path: "/healthz"), failure: 1),
                liveness: probe(.tcp(port: "web"), failure: 1))
            var spec = shell(sleeper, health: health)
            spec.process.endpoints = [
                EndpointSpec(name: "web", protocolName: "http", basePort: server.port, indexed: false)
            ]
            let run = try await host.start(spec)
            func last(_ kind: ProbeKind) -> (passing: Bool, detail: String)? {
                host.probeChanges(of: run).last { $0.kind == kind }.map { ($0.passing, $0.detail) }
            }
            await eventually("both pass") {
                last(.readiness)?.passing == true && last(.liveness)?.passing == true
            }
            #expect(last(.readiness)?.detail == "HTTP 200 from :\(server.port)/healthz")
            server.answer("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
            // Nothing is told where nothing changes, so several periods have to pass.
            try await Task.sleep(for: .milliseconds(200))
            #expect(last(.readiness)?.passing == true)
            server.answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")
            await eventually("503 fails") { last(.readiness)?.passing == false }
            #expect(last(.readiness)?.detail == "HTTP 503 from :\(server.port)/healthz")
            #expect(last(.liveness)?.passing == true)
            server.close()
            await eventually("nothing listens") { last(.liveness)?.passing == false }
            #expect(last(.liveness)?.detail.contains("refused") == true)
        }
    }

    @Test func aServerThatNeverAnswersFailsAtTheTimeout() async throws {
        let server = try HTTPResponder()
        defer { server.close() }
        server.answer("")
        let loop = try EventLoop()
        defer { loop.stop() }
        let prober = Prober(loop: loop)
        let question = HTTPQuestion(port: server.port, path: "/")
        let outcome = await prober.http(question, timeout: .milliseconds(200))
        #expect(!outcome.passed)
        #expect(outcome.detail.contains("within 0.2 seconds"))
        await prober.shutdown()
    }

    @Test func changedProbesTakeEffectWithoutARestart() async throws {
        try await withHost { host in
            var spec = shell(sleeper, health: Health(readiness: probe(file("\(host.base)/none"))))
            let run = try await host.start(spec)
            await eventually("not ready") { host.probeChanges(of: run).last?.passing == false }
            spec.health.readiness = probe(.exec(command: ["true"]))
            try await host.supervisor.update(run, spec: spec, reload: false)
            await eventually("ready") { host.probeChanges(of: run).last?.passing == true }
        }
    }

    @Test func theStartupProbeIsAskedOnceInTheLifeOfARun() async throws {
        try await withHost { host in
            let asked = "\(host.base)/asked"
            var spec = shell(
                sleeper,
                health: Health(startup: probe(.exec(command: ["/bin/sh", "-c", "echo >> \(asked)"]))))
            let run = try await host.start(spec)
            await eventually("started up") { host.probeChanges(of: run).last?.kind == .startup }
            spec.health.readiness = probe(.exec(command: ["true"]))
            try await host.supervisor.update(run, spec: spec, reload: false)
            await eventually("ready") { host.probeChanges(of: run).last?.kind == .readiness }
            #expect(readFile(asked) == "\n")
        }
    }

    @Test func anAdoptedRunIsProbedOnceItsSpecIsKnown() async throws {
        try await withHost { host in
            let spec = shell(sleeper, health: Health(readiness: probe(.exec(command: ["true"]))))
            let run = try await host.start(spec)
            await eventually("ready") { host.probeChanges(of: run).last?.passing == true }
            host.drop()
            try await host.open()
            try await host.supervisor.update(run, spec: spec, reload: false, isStartupPassed: true)
            await eventually("ready again") { host.probeChanges(of: run).last?.passing == true }
        }
    }

    @Test func aSecretThatIsGoneSaysNothingOfWhatRuns() async throws {
        try await withHost { host in
            let (secret, aside) = ("\(host.base)/secrets/token", "\(host.base)/secrets/aside")
            writeFile(secret, "hunter2", mode: 0o600)
            var spec = shell(sleeper, health: Health(liveness: probe(.exec(command: ["true"]), failure: 1)))
            spec.process.secrets = ["TOKEN": "token"]
            let run = try await host.start(spec)
            await eventually("alive") { host.probeChanges(of: run).last?.passing == true }
            rename(secret, aside)
            await eventually("nobody could ask") {
                host.falters(of: run).contains { $0.contains("could not be asked") }
            }
            rename(aside, secret)
            await eventually("asked again") { host.falters(of: run).last == "" }
            #expect(host.probeChanges(of: run).map(\.passing) == [true])
            #expect(host.falters(of: run).count == 2)
        }
    }
}
