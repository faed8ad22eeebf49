import Agent
import Reconciler
import Supervisor

/// The host's clocks and its source of chance.
struct SystemClock: ClockPort {
    /// Names this boot; an empty text where the kernel does not tell, which no other boot equals either way.
    let bootID: String

    init() {
        bootID = BootID.current ?? ""
    }

    func now() -> Moment {
        Moment(instant: .current, wall: .current)
    }

    func sleep(until: Instant) async {
        // Being cancelled ends the sleep early, and whoever cancelled it looks no further.
        let left = until - now().instant
        if left > .zero { try? await Task.sleep(for: left, clock: .suspending) }
    }

    func random() -> Double { Double.random(in: 0..<1) }
}
