import Glibc
import Synchronization

/// Lets any thread end a link that its own thread may be blocked in.
final class ReaderSwitch: Sendable {
    private let state = Mutex<(socket: Int32?, isStopped: Bool)>((nil, false))

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// False when the link has been stopped in the meantime.
    func connect(socket: Int32) -> Bool {
        state.withLock { state in
            if !state.isStopped { state.socket = socket }
            return !state.isStopped
        }
    }

    /// Called before the socket is closed, so that no stranger's descriptor is ever shut down.
    func disconnect() { state.withLock { $0.socket = nil } }

    /// Whoever reads or writes the socket returns at once, and finds that it is stopped.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            if let socket = state.socket { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }
}
