import Foundation
import Manifests
import Testing

@testable import Reconciler

/// The names of slots, on disk and on screens, and what an earlier version stored of them.
@Suite struct SlotTests {
    @Test func aReplicaHasTwoSlotsAndTheFirstKeepsItsName() throws {
        let first = SlotID(instance: "web", index: 7)
        #expect(first.directoryName == "7" && first.description == "web/7" && !first.isSecond)
        #expect(first.other.directoryName == "10007" && first.other.description == "web/7.2")
        #expect(first.other.other == first && first < first.other)
        #expect(first.other < SlotID(instance: "web", index: 8))
        for slot in [first, first.other] {
            #expect(SlotID(slot.description) == slot)
            #expect(SlotID(instance: "web", directoryName: slot.directoryName) == slot)
        }
        for name in ["", "a", "-1", "+1", "007", "7.2"] {
            #expect(SlotID(instance: "web", directoryName: name) == nil, "\(name)")
        }
        for text in ["web", "web/", "web/a", "web/1.3", "web/1/2", "web/.2"] {
            #expect(SlotID(text) == nil, "\(text)")
        }
    }

    @Test func aFirstSlotIsStoredAsBefore() throws {
        let stored = Data(#"{"replica":{"instance":"web","index":0}}"#.utf8)
        let slot = try JSONDecoder().decode(SlotID.self, from: stored)
        #expect(slot == SlotID(instance: "web", index: 0))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try String(decoding: encoder.encode(slot), as: UTF8.self).contains("econd") == false)
        let second = try JSONDecoder().decode(SlotID.self, from: encoder.encode(slot.other))
        #expect(second == slot.other)
    }

    @Test func aPolicyWithoutSurgeIsStoredAsBefore() throws {
        let text = try String(decoding: JSONEncoder().encode(UpdatePolicy()), as: UTF8.self)
        #expect(!text.contains("surge") && !text.contains("blueGreen"))
        let policy = UpdatePolicy(maxUnavailable: 0, maxSurge: 2)
        let read = try JSONDecoder().decode(UpdatePolicy.self, from: JSONEncoder().encode(policy))
        #expect(read == policy && read.overlaps && read.runsMax(3) == 5)
        let green = UpdatePolicy(isBlueGreen: true)
        #expect(green.strategyName == "blueGreen" && green.strategy == .rolling && green.runsMax(3) == 6)
    }
}
