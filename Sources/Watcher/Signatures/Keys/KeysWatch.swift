import CLinux
import Glibc

/// Tells when the files that say who is trusted change. It sleeps until the kernel says that something
/// happened in their directories.
package final class KeysWatch: Sendable {
    private let files: [String]
    private let wake = clinux_eventfd()
    private let onChange: @Sendable () -> Void

    /// - Parameter onChange: called on a thread of its own after each burst of changes; whether it is about
    ///   the files themselves, only reading them can tell.
    package init(files: [String], onChange: @escaping @Sendable () -> Void) {
        self.files = files
        self.onChange = onChange
    }

    deinit { if wake >= 0 { close(wake) } }

    package func start() {
        guard wake >= 0 else { return }
        DedicatedThread.start { [self] in run() }
    }

    package func stop() {
        var one: UInt64 = 1
        _ = write(wake, &one, MemoryLayout.size(ofValue: one))
    }

    private static let mask = UInt32(
        bitPattern: IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ATTRIB
            | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
    /// How long changes must be quiet before they are told.
    private static let settleMilliseconds: Int32 = 50
    /// How often it is tried again where a directory cannot be watched.
    private static let retryMilliseconds: Int32 = 30_000

    private func run() {
        guard let inotify = try? Inotify.open() else { return }
        var watched: Set<Int32> = []
        while true {
            let isWhole = arm(inotify, &watched)
            if waits(inotify.descriptor, isWhole ? -1 : Self.retryMilliseconds) == .stopped { return }
            while true {
                inotify.drain { _ in }
                let state = waits(inotify.descriptor, Self.settleMilliseconds)
                if state == .stopped { return }
                if state == .quiet { break }
            }
            onChange()
        }
    }

    /// Watches the directory of each file, and of what a link in its place leads to. True if all could be.
    private func arm(_ inotify: borrowing Inotify, _ watched: inout Set<Int32>) -> Bool {
        var (isWhole, fresh) = (true, Set<Int32>())
        for file in files {
            var place = file
            for _ in 0..<ReaderLimits.followMax {
                let directory = AbsolutePath.parent(place)
                for path in Set([directory, RealPath.of(directory)]) {
                    let watch = inotify.watch(path, Self.mask)
                    if watch >= 0 { fresh.insert(watch) } else { isWhole = false }
                }
                guard let target = SymbolicLink.target(of: place) else { break }
                place = AbsolutePath.join(directory, target)
            }
        }
        for watch in watched.subtracting(fresh) { inotify.unwatch(watch) }
        watched = fresh
        return isWhole
    }

    private enum State { case changed, quiet, stopped }

    private func waits(_ descriptor: Int32, _ milliseconds: Int32) -> State {
        var entries = [descriptor, wake].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = poll(&entries, nfds_t(entries.count), milliseconds)
        if entries[1].revents != 0 { return .stopped }
        return count > 0 ? .changed : .quiet
    }
}
