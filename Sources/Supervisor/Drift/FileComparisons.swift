import Glibc
import Synchronization

/// Whether files hold the same bytes. The newest answers are kept: where a program is installed anew under
/// hundreds of runs, it is read once.
final class FileComparisons: Sendable {
    private struct Pair: Hashable {
        var one: FileFacts
        var other: FileFacts
    }
    private let known = Mutex<[Pair: Bool]>([:])

    private static let knownMax = 64
    private static let chunkBytes = 256 << 10

    /// False beyond `SupervisorLimits.comparedBytesMax`, and where one of them cannot be read.
    func isSame(_ one: String, _ first: FileFacts, _ other: String, _ second: FileFacts) -> Bool {
        guard first.bytes == second.bytes, first.bytes <= SupervisorLimits.comparedBytesMax else {
            return false
        }
        // Losing a name changes the second time of a file, and not what it holds.
        let pair = Pair(one: first.withoutNames, other: second)
        if let answer = known.withLock({ $0[pair] }) { return answer }
        let answer = Self.holdSame(one, other)
        known.withLock { known in
            if known.count >= Self.knownMax { known.removeAll() }
            known[pair] = answer
        }
        return answer
    }

    private static func holdSame(_ one: String, _ other: String) -> Bool {
        guard let first = FileFacts.opened(one), let second = FileFacts.opened(other) else { return false }
        var (left, right) = (
            [UInt8](repeating: 0, count: chunkBytes), [UInt8](repeating: 0, count: chunkBytes)
        )
        while true {
            let (a, b) = (read(first.raw, &left, chunkBytes), read(second.raw, &right, chunkBytes))
            // Regular files: a short read is the end.
            guard a >= 0, a == b, left[..<a] == right[..<b] else { return false }
            if a == 0 { return true }
        }
    }
}

extension FileFacts {
    fileprivate var withoutNames: FileFacts {
        var facts = self
        facts.changed = 0
        return facts
    }
}
