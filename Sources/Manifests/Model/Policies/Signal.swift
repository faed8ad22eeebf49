/// A signal by its name; numbers are those of Linux on the machines that Plumb runs on.
package struct Signal: Sendable, Hashable, Codable {
    /// `SIGTERM`.
    package var name: String
    package var number: Int32

    package init(name: String, number: Int32) {
        self.name = name
        self.number = number
    }

    package static let term = Signal(name: "SIGTERM", number: 15)
}
