package struct Sandbox: Sendable, Hashable, Codable {
    package enum Level: String, Sendable, Hashable, Codable, CaseIterable { case none, minimal }
    package var level: Level

    package init(level: Level = .minimal) { self.level = level }
}
