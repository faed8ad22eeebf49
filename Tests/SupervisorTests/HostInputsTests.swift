import Glibc
import Reconciler
import Testing

@testable import Supervisor

/// What a spec takes from the host is one keyed hash: mending the host changes it, and it tells nothing.
@Suite struct HostInputsTests {
    private func spec(command: String) -> InstanceSpec {
        var made = shell("exit 0")
        made.process.command = command
        made.process.secrets = ["PASSWORD": "password"]
        return made
    }

    @Test func aMendedSecretAndAnInstalledCommandAreNoticed() async throws {
        try await withHost { host in
            let command = "\(host.base)/program"
            let wanted = spec(command: command)
            let bare = try #require(host.supervisor.inputs(of: wanted))
            #expect(host.supervisor.inputs(of: wanted) == bare)
            writeFile("\(host.base)/secrets/password", "hunter2", mode: 0o600)
            let secret = try #require(host.supervisor.inputs(of: wanted))
            #expect(secret != bare)
            writeFile("\(host.base)/secrets/password", "hunter3", mode: 0o600)
            let other = try #require(host.supervisor.inputs(of: wanted))
            #expect(other != secret)
            writeFile(command, "#!/bin/sh\n", mode: 0o755)
            #expect(host.supervisor.inputs(of: wanted) != other)
        }
    }

    @Test func theKeyIsTheHostsOwnAndNobodyElseReadsIt() async throws {
        var seen: Set<String> = []
        for _ in 0..<2 {
            try await withHost { host in
                writeFile("\(host.base)/secrets/password", "hunter2", mode: 0o600)
                seen.insert(try #require(host.supervisor.inputs(of: spec(command: "/bin/sh"))))
                var facts = stat()
                #expect(stat(host.layout.inputsKey, &facts) == 0)
                #expect(facts.st_mode & 0o777 == 0o600)
            }
        }
        #expect(seen.count == 2, "the same secret has another hash on another host")
    }
}
