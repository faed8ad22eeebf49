/// Names within a slot directory.
package enum SlotFiles {
    /// Held by an OFD lock for as long as the keeper lives. Ask with F_OFD_GETLK, never take it to ask.
    package static let lock = "lock"
    package static let identity = "id"
    package static let spec = "spec"
    package static let exit = "exit"
    package static let output = "output"
}

/// Names within `output/`. The file being written has no number; `.1` is the newest of the older ones.
package enum LogFiles {
    package static let stdout = "stdout.log"
    package static let stderr = "stderr.log"

    /// The index of a log file has its name and this: `stdout.log.index`, `stdout.log.1.index`.
    package static let indexSuffix = ".index"

    /// `number` 0 is the file being written.
    package static func name(_ stream: String, number: Int) -> String {
        number == 0 ? stream : "\(stream).\(number)"
    }
}
