import TestKit
import Testing

extension EndToEnd {
    /// What no test may do to the host that it runs on.
    @Suite(
        "A kernel of its own (root, user-mode-linux)",
        .enabled(if: Guest.obstacle == nil, Comment(rawValue: Guest.obstacle ?? "")))
    struct OwnKernel {
        @Test(
            "The power fails and the host boots: nothing is adopted, all starts anew, what is done is done",
            .survives(.reboot, "a real one, in a guest"))
        func reboot() async throws {
            try await withGuest { guest in
                try await guest.play("reboot-before")
                try await guest.play("reboot-after")
            }
        }

        @Test(
            "The wall clock leaps by an hour and by ten years: backoff and probes keep their time",
            .survives(.wallClock, "a real one, in a guest"))
        func clock() async throws {
            try await withGuest { guest in try await guest.play("clock") }
        }

        @Test("Version 2 groups: memory, cpu and pids are held to, told, changed live and cleared away")
        func limits() async throws {
            try await withGuest { guest in try await guest.play("limits") }
        }

        private func withGuest(_ test: (Guest) async throws -> Void) async throws {
            let guest = Guest()
            defer { guest.remove() }
            try await test(guest)
        }
    }
}
