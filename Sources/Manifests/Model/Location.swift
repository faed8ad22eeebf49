/// A place in a file of the source: lines and columns count from 1, columns in Unicode scalars.
package struct Location: Hashable, Sendable, Codable, Comparable {
    /// Relative to the source path, `/` between components.
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package static func < (a: Location, b: Location) -> Bool {
        (a.file, a.line, a.column) < (b.file, b.line, b.column)
    }

    /// `instances/web.yaml:7`, as causes and plans print it.
    package var short: String { "\(file):\(line)" }
}

/// Where one declaration stands, and where each of its fields stands.
///
/// A value of its own, so that declarations stay plain: what a field means never depends on where it is.
package struct DeclarationSource: Sendable, Hashable {
    /// The file, and the line of the document's `metadata.name`.
    package var location: Location
    /// The blob that holds the document. Equal ids mean equal bytes.
    package var blob: String
    /// Which document of the file, from 0.
    package var document: Int
    /// Dotted path (`spec.config.fps`, `spec.endpoints[0].port`) → place of the value.
    package var fields: [String: Position]

    package struct Position: Sendable, Hashable {
        package var line: Int32
        package var column: Int32

        package init(line: Int32, column: Int32) {
            self.line = line
            self.column = column
        }
    }

    package init(location: Location, blob: String, document: Int, fields: [String: Position]) {
        self.location = location
        self.blob = blob
        self.document = document
        self.fields = fields
    }

    /// The place of a field; of its nearest parent that is written, if the field is not.
    package func location(of path: String) -> Location {
        var path = Substring(path)
        while !path.isEmpty {
            if let found = fields[String(path)] {
                return Location(file: location.file, line: Int(found.line), column: Int(found.column))
            }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<cut]
        }
        return location
    }
}
