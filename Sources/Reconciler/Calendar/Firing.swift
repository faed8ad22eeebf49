/// One nominal time of a Schedule.
package struct Firing: Sendable, Hashable, Codable {
    package var nominal: WallTime
    /// With its jitter.
    package var due: WallTime
    /// What a change of the clock made of it, in plain words; nil: nothing.
    package var note: String?

    package init(nominal: WallTime, due: WallTime? = nil, note: String? = nil) {
        self.nominal = nominal
        self.due = due ?? nominal
        self.note = note
    }
}
