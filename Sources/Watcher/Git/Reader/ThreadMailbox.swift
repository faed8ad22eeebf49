import CLinux
import Glibc
import Synchronization

/// What others have to say to a thread, and the descriptor that wakes it.
final class ThreadMailbox<Letters: Sendable>: Sendable {
    let descriptor = clinux_eventfd()
    private let letters: Mutex<Letters>

    init(_ letters: Letters) { self.letters = Mutex(letters) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func post(_ body: (inout sending Letters) -> Void) {
        letters.withLock { body(&$0) }
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout.size(ofValue: one))
    }

    /// What was posted since the last call; `forget` takes out what must not be told again.
    func collect(_ forget: (inout Letters) -> Void) -> Letters {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout.size(ofValue: count))
        return letters.withLock { letters in
            defer { forget(&letters) }
            return letters
        }
    }
}
