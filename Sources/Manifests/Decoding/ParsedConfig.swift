/// A file that a `configFrom` names, read as one mapping of values.
package struct ParsedConfig: Sendable {
    package let path: String
    package let blob: String
    let record: ConfigRecord?
    /// nil where the file is no mapping.
    package var file: ConfigFile? { record?.file }
    /// Of settings: where each key stands, by its path.
    package var keys: [String: Location] = [:]
    /// Sorted.
    package let diagnostics: [Diagnostic]
    /// The root has `apiVersion` and `kind`: somebody named a declaration.
    let isDeclaration: Bool

    /// YAML or JSON. Never fails: what is wrong is in `diagnostics`.
    ///
    /// - Parameter asSettings: the file is the host's own settings, which have an apiVersion and a kind too.
    package static func parse(
        path: String, blob: String, bytes: [UInt8], asSettings: Bool = false
    ) -> ParsedConfig {
        var collector = DiagnosticCollector(limit: DecodingLimits.fileDiagnosticsMax)
        let start = Location(file: path, line: 1, column: 1)
        func failed(_ diagnostic: Diagnostic? = nil) -> ParsedConfig {
            if let diagnostic { collector.add(diagnostic) }
            return ParsedConfig(
                path: path, blob: blob, record: nil, diagnostics: collector.sorted(), isDeclaration: false)
        }
        if GitLFS.isPointer(bytes) {
            return failed(Diagnostic(.lfsPointer, at: start, "the config file is a Git LFS pointer"))
        }
        let read = YAMLFile.read(bytes: bytes, file: path, into: &collector)
        guard read.isComplete else { return failed() }
        if !asSettings && read.documents.contains(where: { Self.isDeclaration($0.root) }) {
            return ParsedConfig(path: path, blob: blob, record: nil, diagnostics: [], isDeclaration: true)
        }
        guard let document = read.documents.first, read.documents.count == 1,
            case .mapping = document.root.content
        else {
            let found =
                read.documents.count == 1
                ? read.documents[0].root.describedType : "\(read.documents.count) documents"
            return failed(
                Diagnostic(.configFileShape, at: start, "a config file is one mapping, and this is \(found)"))
        }
        var decoder = SchemaDecoder(file: path, fields: document.fieldCount)
        let value = decoder.config(document.root)
        collector.add(contentsOf: decoder.problems)
        guard case .object(let values)? = value else { return failed() }
        let source = DeclarationSource(location: start, blob: blob, document: 0, fields: decoder.positions)
        var keys: [String: Location] = [:]
        if asSettings { collect(document.root, path: "", file: path, into: &keys) }
        return ParsedConfig(
            path: path, blob: blob, record: ConfigRecord(ConfigFile(values: values, source: source)),
            keys: keys, diagnostics: collector.sorted(), isDeclaration: false)
    }

    private static func collect(
        _ node: Node, path: String, file: String, into keys: inout [String: Location]
    ) {
        switch node.content {
        case .scalar: return
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                collect(item, path: "\(path)[\(index)]", file: file, into: &keys)
            }
        case .mapping(let pairs):
            for pair in pairs {
                let inner = path.isEmpty ? pair.key : "\(path).\(pair.key)"
                keys[inner] = Location(
                    file: file, line: Int(pair.keyMark.line), column: Int(pair.keyMark.column))
                collect(pair.value, path: inner, file: file, into: &keys)
            }
        }
    }

    private static func isDeclaration(_ root: Node) -> Bool {
        guard case .mapping(let pairs) = root.content else { return false }
        return pairs.contains { $0.key == "apiVersion" } && pairs.contains { $0.key == "kind" }
    }
}
