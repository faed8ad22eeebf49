import CLinux
import Glibc
import Synchronization

/// Closes descriptors of workloads' making. The last close of one may take as long as its file system, or a
/// lingering socket, likes, so threads of its own do it, and nobody waits for them.
final class Disposal: Sendable {
    private struct State {
        var waiting: [Int32] = []
        var threads = 0
    }
    private let state = Mutex(State())

    /// Too many wait: no more should be taken in.
    var isFull: Bool { state.withLock { $0.waiting.count >= SupervisorLimits.disposalsMax } }

    /// Takes over the descriptors.
    func take(_ descriptors: [Int32]) {
        guard !descriptors.isEmpty else { return }
        let needsThread = state.withLock { state in
            state.waiting += descriptors
            guard state.threads < SupervisorLimits.disposalThreadsMax else { return false }
            state.threads += 1
            return true
        }
        if needsThread { startThread() }
    }

    private func startThread() {
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                // The thread owns the retain that is made below.
                guard let argument else { return nil }
                Unmanaged<Disposal>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        if started == 0 {
            pthread_detach(thread)
        } else {
            // Those that wait are taken along by the next that comes.
            Unmanaged.passUnretained(self).release()
            state.withLock { $0.threads -= 1 }
        }
    }

    private func run() {
        while let raw = next() { clinux_close_patiently(raw) }
    }

    /// nil: this thread is not needed any more.
    private func next() -> Int32? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
