import CLinux
import Foundation
import Glibc

/// Tells when the wall clock is set, or the host has slept: what waits for a time of day waits on the boot's
/// own clock, and would come too late or too early. Costs nothing until then.
final class ClockWatch: Sendable {
    private let onSet: @Sendable () -> Void
    private let bell: Int32

    init(onSet: @escaping @Sendable () -> Void) {
        self.onSet = onSet
        bell = clinux_eventfd()
    }

    func start() {
        let watch = clinux_clock_watch()
        guard watch >= 0, bell >= 0 else {
            if watch >= 0 { close(watch) }
            return AgentLog.say("the host cannot tell when its clock is set: it is seen at the next event")
        }
        let (bell, onSet) = (bell, onSet)
        let thread = Thread {
            var entries = [
                pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
                pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
            ]
            while clinux_poll(&entries, entries.count, -1) >= 0 || errno == EINTR {
                if entries[1].revents != 0 { break }
                guard entries[0].revents != 0 else { continue }
                // What is read is ECANCELED, or that a far day has come; either way it is armed anew.
                var expirations: UInt64 = 0
                _ = read(watch, &expirations, MemoryLayout<UInt64>.size)
                _ = clinux_clock_watch_arm(watch)
                onSet()
            }
            close(watch)
        }
        thread.name = "clock"
        thread.stackSize = 256 << 10
        thread.start()
    }

    func stop() {
        var one: UInt64 = 1
        _ = write(bell, &one, MemoryLayout<UInt64>.size)
    }
}
