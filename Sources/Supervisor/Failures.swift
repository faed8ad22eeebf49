/// Why the Supervisor cannot work at all on this host.
package struct SupervisorError: Error, Sendable, CustomStringConvertible {
    package var message: String
    package var remedy: String

    package init(message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    package var description: String { "\(message); \(remedy)" }
}

/// Why a run of a spec could not begin on this host. Found before anything that runs is stopped for it.
package struct PreparationFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable, for machines: `user-unknown`, `secret-mode`, `command-missing`, ….
    package var code: String
    package var message: String
    package var remedy: String
    /// The same spec may pass later, with nothing mended by anybody (a full disk, a repository being
    /// repacked).
    package var isTransient: Bool

    package init(code: String, message: String, remedy: String, isTransient: Bool = false) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.isTransient = isTransient
    }

    package var description: String { message }
}

/// Why a start was not handed over to a keeper. Nothing runs, and no event follows.
package struct StartError: Error, Sendable, CustomStringConvertible {
    /// Stable, for machines: `slot-busy`, `resources`, `zygote`, or a `PreparationFailure`'s code.
    package var code: String
    package var message: String
    package var isTransient: Bool

    package init(code: String, message: String, isTransient: Bool) {
        self.code = code
        self.message = message
        self.isTransient = isTransient
    }

    init(_ failure: PreparationFailure) {
        self.init(code: failure.code, message: failure.message, isTransient: failure.isTransient)
    }

    package var description: String { message }
}
