import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// What `plumb sandbox` says, and what becomes of a sandbox that a host cannot give.
@Suite("Sandbox inspection") struct SandboxInspectionTests {
    @Test(
        "The kernel shows every item of every level (as root)",
        .enabled(if: SandboxNeeds.strict == nil, Comment(rawValue: SandboxNeeds.strict ?? "")),
        arguments: Sandbox.Level.allCases)
    func levels(level: Sandbox.Level) async throws {
        try await withHost { host in
            var spec = shell(sleeper)
            spec.process.sandbox = .at(level)
            spec.process.env = ["OWN": "1"]
            let run = try await host.start(spec)
            try await host.started(run)
            let seen = try #require(host.supervisor.sandbox(of: run))
            #expect(seen.level == level.rawValue)
            for item in seen.items {
                #expect(![.no, .unknown].contains(item.verdict), "\(item)")
            }
            let inForce = Set(seen.items.filter { $0.verdict == .yes || $0.verdict == .atStart }.map(\.name))
            let always: Set = ["environment", "umask", "nofile"]
            let levels: [Sandbox.Level: Set<String>] = [
                .none: [], .minimal: ["noNewPrivileges"],
                .standard: [
                    "privateTmp", "protectSystem", "hideInstances", "protectProc", "protectKernelTunables",
                    "capabilities",
                ],
                .strict: ["privateDevices", "landlock", "systemCallFilter"],
                .paranoid: ["network", "privateUsers", "privatePids", "privateIPC"],
            ]
            var expected = always
            for each in Sandbox.Level.allCases {
                expected.formUnion(levels[each] ?? [])
                if each == level { break }
            }
            #expect(inForce == expected)
        }
    }

    @Test(
        "What is declared and not so is told (as root)",
        .enabled(if: SandboxNeeds.local == nil, Comment(rawValue: SandboxNeeds.local ?? "")))
    func notInForce() async throws {
        try await withHost { host in
            var spec = shell(sleeper)
            spec.process.sandbox = .at(.minimal) { $0.network = .local }
            let run = try await host.start(spec)
            try await host.started(run)
            func items(_ verdict: SandboxObservation.Verdict) throws -> Set<String> {
                let seen = try #require(host.supervisor.sandbox(of: run))
                return Set(seen.items.filter { $0.verdict == verdict }.map(\.name))
            }
            #expect(try items(.yes).contains("network"))
            // As if a spec had been given that its process was not started with.
            host.supervisor.table.withLock {
                $0[run]?.spec?.process.sandbox = .at(.paranoid)
                $0[run]?.spec?.process.umask = 0o077
            }
            let expected: Set = [
                "umask", "privateTmp", "protectSystem", "hideInstances", "protectProc",
                "protectKernelTunables", "privateDevices", "capabilities", "landlock",
                "systemCallFilter", "network",
                "privateUsers", "privatePids", "privateIPC",
            ]
            #expect(try items(.no) == expected)
        }
    }

    @Test func theMountInWhichAPathStandsIsTheOneThatIsSeen() {
        let table = MountTable(
            """
            20 1 8:1 / / rw,relatime - ext4 /dev/sda rw
            21 20 0:5 / /tmp rw - ext4 /dev/sdb rw
            22 21 0:6 / /tmp/deep rw - ext4 /dev/sdc rw
            23 21 0:7 / /tmp rw,nosuid - tmpfs tmpfs rw
            24 20 0:8 / /usr ro - ext4 /dev/sda rw
            25 20 0:9 / /with\\040blank rw - tmpfs tmpfs ro
            """)
        #expect(table.mount(of: "/tmp/deep/file")?.id == 23)
        #expect(table.mount(of: "/usr/bin")?.isReadOnly == true)
        #expect(table.mount(of: "/usrx")?.id == 20)
        #expect(table.mount(of: "/with blank/x")?.isReadOnly == true)
        #expect(table.mount(of: "/")?.id == 20)
    }

    @Test("What a host cannot give refuses the run, or is told of it (with a host that has no groups)")
    func refusal() async throws {
        try await withHost(controlGroups: .off) { host in
            // Without control groups of version 2 there is nothing that packets could be filtered by.
            var spec = shell(sleeper)
            spec.process.sandbox = .at(.minimal) { $0.network = .local }
            let failure = try #require(await host.supervisor.prepare(spec))
            #expect(failure.code == "sandbox-unavailable" && failure.message.contains("network: local"))
            #expect(failure.remedy.contains("required: false"))
            do {
                try await host.start(spec)
                Issue.record("it started")
            } catch {}
            #expect(host.events.isEmpty)

            spec.process.sandbox.required = false
            #expect(await host.supervisor.prepare(spec) == nil)
            let run = try await host.start(spec)
            try await host.started(run)
            let findings = host.events.compactMap { event in
                if case .found(run, let finding) = event { finding } else { nil }
            }
            #expect(findings.map(\.kind) == [.sandboxDegraded])
            #expect(findings.first?.message.contains("network: local") == true)
        }
    }

    @Test func whatIsTakenAwayIsNamedItemByItem() {
        let paranoid = SandboxRules(level: .paranoid)
        let without = paranoid.without(.landlock)
        #expect(without.map { paranoid.itemsLost(to: $0) } == ["landlock: yes"])
        #expect(SandboxRules(level: .minimal).without(.landlock) == nil)
        let users = paranoid.without(.users(forAll: true))
        #expect(users?.privateUsers == false && users?.changesMounts == false && users?.network == .full)
        #expect(users?.landlock == true && users?.systemCallFilter == .allow)
    }
}
