import ArgumentParser
import StatusAPI
import Testing

@testable import Plumb

@Suite("wait") struct WaitTests {
    private func status(_ change: (inout StatusDocument) -> Void = { _ in }) throws -> StatusDocument {
        var status = try WireFormat.decode(StatusDocument.self, from: Array(WireExamples.status.utf8))
        change(&status)
        return status
    }

    @Test("What is so is reached; what is not says what is missing")
    func instances() throws {
        let status = try status()
        #expect(WaitGoal.healthy.verdict(on: status, names: ["queue"]) == .reached)
        #expect(
            WaitGoal.healthy.verdict(on: status, names: ["web"])
                == .waiting("web: Synced, healthy, 1/2 ready"))
        #expect(
            WaitGoal.synced.verdict(on: status, names: [])
                == .waiting(
                    "worker: exit code 1; waits 8s before it is started again, after 4 failures in a row"))
        #expect(WaitGoal.synced.verdict(on: status, names: ["web", "queue"]) == .reached)
        #expect(WaitGoal.stopped.verdict(on: status, names: ["worker"]) == .reached)
        #expect(WaitGoal.stopped.verdict(on: status, names: ["queue"]) == .waiting("queue: 1 still run"))
        #expect(WaitGoal.gone.verdict(on: status, names: ["old"]) == .reached)
        #expect(WaitGoal.gone.verdict(on: status, names: ["web"]) == .waiting("web is still there"))
        #expect(
            WaitGoal.ready.verdict(on: status, names: ["wbe"]) == .waiting("there is no Instance wbe here"))
    }

    @Test("A commit is reached once in force; an invalid one never will be, a held one may")
    func revisions() throws {
        #expect(WaitGoal.revision("3f2a9c1").verdict(on: try status(), names: []) == .reached)
        guard case .impossible(let why) = WaitGoal.revision("9c02e11").verdict(on: try status(), names: [])
        else { return #expect(Bool(false), "an invalid commit is waited for") }
        #expect(why.hasPrefix("main@9c02e11 is Invalid: "))
        let held = try status { $0.conditions[0].type = "Held" }
        guard case .waiting = WaitGoal.revision("9c02e11").verdict(on: held, names: []) else {
            return #expect(Bool(false), "a held commit may still be approved")
        }
        // An older one: the agent's history knows.
        #expect(WaitGoal.revision("abcdef1").verdict(on: try status(), names: []) == .ask("abcdef1"))
    }

    @Test("An agent that still adopts knows nothing yet")
    func starting() throws {
        let early = try status { $0.ready = false }
        #expect(
            WaitGoal.gone.verdict(on: early, names: ["old"])
                == .waiting("the agent is still looking at what runs"))
    }

    @Test("What cannot be waited for is refused with what can")
    func refused() throws {
        #expect(try WaitGoal.parse("revision=3F2A9C1") == .revision("3f2a9c1"))
        #expect(try WaitGoal.parse("condition=Synced") == .condition("Synced"))
        for text in ["", "happy", "revision", "revision=", "revision=xyz", "revision=123", "condition="] {
            #expect(throws: ValidationError.self) { try WaitGoal.parse(text) }
        }
    }
}
