package struct LoggingPolicy: Sendable, Hashable, Codable {
    /// Bytes of one file before it is rotated.
    package var maxSize: UInt64
    /// Files kept of each stream, the current one included.
    package var maxFiles: Int
    /// How long lines are kept; nil: as long as size and files allow.
    package var maxAge: Duration?

    package init(maxSize: UInt64 = 10 << 20, maxFiles: Int = 10, maxAge: Duration? = nil) {
        self.maxAge = maxAge
        self.maxSize = maxSize
        self.maxFiles = maxFiles
    }
}
