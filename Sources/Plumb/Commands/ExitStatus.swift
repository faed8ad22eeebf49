import ArgumentParser

/// How every command ends.
enum ExitStatus: Int32, Error, Sendable {
    /// Nothing to do, or done.
    case done = 0
    /// `diff` alone: a commit would change what runs.
    case changes = 1
    /// Wrong usage, and every other error.
    case failed = 2
    /// The manifests are invalid.
    case invalid = 3

    /// Says what an error says, and maps it. ArgumentParser's own codes (64 for usage, 1 for whatever is
    /// thrown) become 2; help that was asked for is no error.
    static func report(_ error: any Error) -> ExitStatus {
        if let status = error as? ExitStatus { return status }
        let (message, status) = describe(error)
        switch status {
        case .done: Output.line(message)
        default: if !message.isEmpty { Output.error(message) }
        }
        return status
    }

    static func describe(_ error: any Error) -> (message: String, status: ExitStatus) {
        if let failure = error as? CommandFailure { return ("plumb: " + failure.description, .failed) }
        let message = Root.fullMessage(for: error)
        switch Root.exitCode(for: error) {
        case .success: return (message, .done)
        // Neither usage nor help: something that a room of ours has thrown, in its own words.
        case .failure: return ("plumb: \(error)", .failed)
        default: return (message, .failed)
        }
    }
}

/// Why a command could not do its work, and what the reader can do about it.
struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
    var message: String
    var remedy = ""

    var description: String { remedy.isEmpty ? message : "\(message)\n  \(remedy)" }
}
