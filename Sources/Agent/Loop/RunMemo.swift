import Foundation
import Manifests
import Reconciler

/// What is kept beside a slot, so that a run can be known again when nothing else is left.
struct RunMemo: Codable {
    var spec: InstanceSpec
    var nonce: String
    var revision: Revision
    var dependsOn: [Dependency]
    var cause: Cause
    var claimedAt: Instant
    /// When it was last changed live; optional, because earlier versions did not tell.
    var changedAt: Instant?

    init(_ run: ObservedRun) {
        spec = run.spec
        nonce = run.nonce
        revision = run.revision
        dependsOn = run.dependsOn
        cause = run.startCause
        claimedAt = run.claimedAt
        changedAt = run.changedAt
    }

    func encoded() -> [UInt8] {
        // Every member is a plain value: encoding it cannot fail. An empty memo is read back as an unknown
        // run.
        (try? [UInt8](JSONEncoder().encode(self))) ?? []
    }

    static func decode(_ bytes: [UInt8]) -> RunMemo? {
        try? JSONDecoder().decode(RunMemo.self, from: Data(bytes))
    }
}
