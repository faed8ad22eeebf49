import Glibc
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

/// Only root may give a run another user.
let isRoot = geteuid() == 0

@Suite struct EnvironmentTests {
    @Test func theEnvironmentIsExactlyWhatIsDocumented() async throws {
        try await withHost { host in
            let file = "\(host.base)/env"
            writeFile("\(host.base)/secrets/db", "s3cret\n", mode: 0o600)
            var spec = shell("env > \(file).new; pwd > \(file).pwd; mv \(file).new \(file); \(sleeper)")
            spec.process.env = ["LOG_LEVEL": "info", "LITERAL": "$HOME $(id)", "PLUMB_NODE": "not this one"]
            spec.process.secrets = ["DB_PASSWORD": "db"]
            spec.process.endpoints = [
                EndpointSpec(name: "admin-http", protocolName: "http", basePort: 9000, indexed: true)
            ]
            spec.process.configFile = ConfigFileSpec(name: "config.json", contents: "{}")
            let run = try await host.start(spec, index: 2)
            await eventually("the environment is written") { access(file, F_OK) == 0 }
            let account = try #require(Account(id: geteuid()))
            let replica = "\(host.stateDir)/instances/web/2"
            let expected = [
                "PATH=\(RunEnvironment.defaultPath)", "HOME=\(account.home)", "USER=\(account.name)",
                "LOGNAME=\(account.name)", "SHELL=\(account.shell)", "LANG=C.UTF-8", "LOG_LEVEL=info",
                "LITERAL=$HOME $(id)", "DB_PASSWORD=s3cret", "PLUMB_INSTANCE=web", "PLUMB_REPLICA=2",
                "PLUMB_RUN_ID=\(run.text)", "PLUMB_PRIVATE_DIR=\(replica)/private",
                "PLUMB_WORKSPACE_DIR=\(replica)/workspace", "PLUMB_SHARED_DIR=\(host.stateDir)/shared",
                "PLUMB_LOG_DIR=\(replica)/logs", "PLUMB_CONFIG_PATH=\(replica)/config/config.json",
                "PLUMB_REVISION=\(String(repeating: "3f", count: 20))", "PLUMB_NODE=test-node",
                "PLUMB_PORT_ADMIN_HTTP=9002",
            ]
            // The shell itself adds PWD (and bash SHLVL and _).
            let seen = (readFile(file) ?? "").split(separator: "\n").map(String.init)
                .filter { !["PWD=", "SHLVL=", "_=", "OLDPWD="].contains(where: $0.hasPrefix) }
            #expect(seen.sorted() == expected.sorted())
            #expect(readFile("\(file).pwd") == "\(replica)/workspace\n")
        }
    }

    @Test func aSecretIsInNoFileOfTheStateDirectory() async throws {
        try await withHost { host in
            writeFile("\(host.base)/secrets/db", "v3ry-s3cret", mode: 0o400)
            var spec = shell(sleeper)
            spec.process.secrets = ["DB_PASSWORD": "db"]
            try await host.started(try await host.start(spec))
            let slot = host.layout.slot(SlotID(instance: "web", index: 0))
            for name in directoryNames(slot) where name != "output" {
                let bytes = try contents(of: "\(slot)/\(name)", bytesMax: 1 << 20)
                #expect(!String(decoding: bytes, as: UTF8.self).contains("v3ry-s3cret"), "\(name)")
            }
        }
    }

    @Test func replicaDirectoriesAreForTheirOwnerAlone() async throws {
        try await withHost { host in
            try await host.started(try await host.start(shell(sleeper)))
            let own = ReplicaDirectories(host.layout, SlotID(instance: "web", index: 0))
            for (name, mode) in own.members {
                var facts = stat()
                #expect(stat("\(host.stateDir)/instances/web/0/\(name)", &facts) == 0)
                #expect(facts.st_mode & 0o7777 == mode, "\(name)")
            }
        }
    }

    @Test(.survives(.plantedLink, "where its directories are"))
    func aPlantedLinkIsRefusedAndNothingOutsideIsTouched() async throws {
        try await withHost { host in
            let outside = "\(host.base)/outside"
            mkdir(outside, 0o711)
            try await host.runToEnd("exit 0")
            let config = "\(host.stateDir)/instances/web/0/config"
            rmdir(config)
            symlink(outside, config)
            await #expect(throws: StartError.self) { try await host.start(shell(sleeper)) }
            var facts = stat()
            stat(outside, &facts)
            #expect(facts.st_mode & 0o7777 == 0o711)
            #expect(directoryNames(outside).isEmpty)
        }
    }

    @Test(.enabled(if: isRoot, "only root can change users")) func asRootARunGetsTheUserItAsksFor()
        async throws
    {
        try await withHost { host in
            let file = "\(host.stateDir)/instances/web/0/private/id"
            var spec = shell("cd $PLUMB_PRIVATE_DIR; (id -u; id -G; umask) > new; mv new id; \(sleeper)")
            spec.process.user = "nobody"
            spec.process.umask = 0o027
            try await host.started(try await host.start(spec))
            await eventually("it says who it is") { access(file, F_OK) == 0 }
            let account = try #require(Account(named: "nobody"))
            #expect(readFile(file) == "\(account.uid)\n\(account.gid)\n0027\n")
        }
    }

    @Test func anUnknownUserIsFoundBeforeAnythingIsStopped() async throws {
        try await withHost { host in
            var spec = shell(sleeper)
            spec.process.user = "no-such-user"
            let failure = await host.supervisor.prepare(spec)
            #expect(failure?.code == "user-unknown")
            #expect(failure?.message.contains("no-such-user") == true)
        }
    }

    @Test(arguments: [
        ("plumb-no-such-command", "command-missing"), ("./start.sh", "command-relative"),
        ("/does/not/exist", "command-missing"), ("/etc/passwd", "command-not-executable"),
    ])
    func aCommandThatCannotBeFoundIsNamed(_ command: String, _ code: String) async throws {
        try await withHost { host in
            let failure = await host.supervisor.prepare(spec(ProcessSpec(command: command)))
            #expect(failure?.code == code)
            #expect(failure?.isTransient == false)
            if !command.contains("/") { #expect(failure?.message.contains("/usr/bin") == true) }
        }
    }
}
