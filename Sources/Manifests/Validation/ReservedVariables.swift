/// Environment variables that Plumb sets for every run.
enum ReservedVariables {
    private static let prefixes = ["PLUMB_", "STDIOLINK_"]

    static func contains(_ name: String) -> Bool { prefixes.contains(where: name.hasPrefix) }
}
