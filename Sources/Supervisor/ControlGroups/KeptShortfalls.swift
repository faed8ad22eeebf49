import Foundation
import Glibc
import Reconciler

/// What of a run's limits is not in force, kept beside its slot: the next agent cannot see from the kernel's
/// numbers why they are not the declared ones, and must not take them for somebody's change.
struct KeptShortfalls: Codable, Sendable {
    /// The run that it speaks of: slots are reused.
    var run: String
    var shortfalls: [LimitShortfall]

    private static let fileName = "limits"
    private static let bytesMax = 64 << 10

    /// Nothing where there is none of this run, or it is torn.
    static func load(slotPath: String, run: RunID) -> [LimitShortfall] {
        guard let bytes = try? contents(of: "\(slotPath)/\(fileName)", bytesMax: bytesMax),
            let kept = try? JSONDecoder().decode(KeptShortfalls.self, from: Data(bytes)), kept.run == run.text
        else { return [] }
        return kept.shortfalls
    }

    /// Losing it costs the next agent the reasons, and nothing else.
    func save(slotPath: String) {
        let path = "\(slotPath)/\(Self.fileName)"
        guard !shortfalls.isEmpty else {
            unlink(path)
            return
        }
        guard let bytes = try? JSONEncoder().encode(self),
            let file = try? Descriptor(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        else { return }
        try? file.writeAll(Array(bytes), path)
    }
}
