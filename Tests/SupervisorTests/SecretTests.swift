import Glibc
import Testing

@testable import Supervisor

@Suite struct SecretTests {
    private func failure(_ prepare: (String) -> Void, name: String = "s") -> String? {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        prepare(base)
        do throws(PreparationFailure) {
            _ = try SecretDirectory(path: base).read(file: name, for: "VARIABLE")
            return nil
        } catch {
            #expect(!error.message.contains("hunter2"))
            return error.code
        }
    }

    @Test(arguments: [0o600, 0o400] as [mode_t]) func whatOnlyTheOwnerReadsIsTaken(_ mode: mode_t) {
        #expect(failure({ writeFile("\($0)/s", "hunter2\n", mode: mode) }) == nil)
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o620, 0o700] as [mode_t]) func whatOthersReadIsRefused(
        _ mode: mode_t
    ) {
        #expect(failure({ writeFile("\($0)/s", "hunter2", mode: mode) }) == "secret-mode")
    }

    @Test func aMissingOneALinkADirectoryAndAPathAreRefused() {
        #expect(failure({ _ in }) == "secret-missing")
        #expect(
            failure({
                writeFile("\($0)/t", "hunter2", mode: 0o600)
                symlink("t", "\($0)/s")
            }) == "secret-kind")
        #expect(failure({ mkdir("\($0)/s", 0o700) }) == "secret-kind")
        #expect(failure({ mkfifo("\($0)/s", 0o600) }) == "secret-kind")
        #expect(failure({ _ in }, name: "../s") == "secret-name")
    }

    @Test func aZeroByteIsRefused() {
        #expect(failure({ writeFile("\($0)/s", "hunter2\u{0}", mode: 0o600) }) == "secret-value")
    }

    @Test(.enabled(if: isRoot, "only root can change users")) func anOwnerOtherThanRootAndTheAgentIsRefused()
    {
        #expect(
            failure({
                writeFile("\($0)/s", "hunter2", mode: 0o600)
                chown("\($0)/s", 65534, 65534)
            }) == "secret-owner")
    }

    @Test func oneNewlineAtTheEndIsNotPartOfTheValue() throws {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        writeFile("\(base)/s", "two lines\n\n", mode: 0o600)
        #expect(try SecretDirectory(path: base).read(file: "s", for: "V") == "two lines\n")
    }
}
