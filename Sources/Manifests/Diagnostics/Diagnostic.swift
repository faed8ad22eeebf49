/// One finding about a source: what is wrong, where, and what to do.
package struct Diagnostic: Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable, Codable {
        case error, warning
    }

    /// Another place that belongs to the finding.
    package struct Note: Sendable, Hashable {
        package var location: Location
        package var message: String

        package init(location: Location, message: String) {
            self.location = location
            self.message = message
        }
    }

    package var code: DiagnosticCode
    package var location: Location
    /// One sentence without a full stop; names what is wrong, in the words of the file.
    package var message: String
    /// What to do about it.
    package var help: String
    package var notes: [Note]
    /// False where the line holds what must not be shown: the plain value of a secret.
    package var showsSource = true

    /// Without `help` the catalogue's remedy for the code is given.
    package init(
        _ code: DiagnosticCode, at location: Location, _ message: String, help: String? = nil,
        notes: [Note] = []
    ) {
        self.code = code
        self.location = location
        self.message = message
        self.help = help ?? code.remedy
        self.notes = notes
    }

    package var severity: Severity { code.severity }
    package var isError: Bool { severity == .error }
}

extension Diagnostic: Comparable {
    /// By place; errors before warnings at one place.
    package static func < (a: Diagnostic, b: Diagnostic) -> Bool {
        if a.location != b.location { return a.location < b.location }
        if a.severity != b.severity { return a.isError }
        return (a.code.rawValue, a.message) < (b.code.rawValue, b.message)
    }
}
