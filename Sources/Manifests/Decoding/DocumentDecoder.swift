/// What became of one document.
struct DecodedDocument: Sendable {
    /// What it declares; nil where anything of it was wrong.
    var declaration: Declared?
    /// Known as soon as they could be read, so that references to a broken declaration are not reported too.
    var kind: Kind?
    var name: String?
    /// Directories and files that the document takes, valid or not.
    var artifact: Artifact?
    var configFrom: [String] = []

    enum Declared: Sendable {
        case unit(UnitRecord)
        case instance(InstanceRecord)
        case schedule(ScheduleRecord)
        case reserved(ReservedDeclaration)
    }
}

/// One document → one declaration.
struct DocumentDecoder {
    let file: String
    let blob: String
    var leftOut: Set<Kind> = []

    func decode(_ document: YAMLDocument, into diagnostics: inout DiagnosticCollector) -> DecodedDocument {
        var decoder = SchemaDecoder(file: file, fields: document.fieldCount)
        guard let kind = kind(of: document.root, &decoder) else {
            diagnostics.add(contentsOf: decoder.problems)
            return DecodedDocument()
        }
        var result = DecodedDocument(kind: kind)
        if leftOut.contains(kind) {
            result.name = ""
            return result
        }
        guard meetsRequirement(document.root, &decoder),
            let root = decoder.object(document.root, Schema.document(of: kind))
        else {
            diagnostics.add(contentsOf: decoder.problems)
            return result
        }
        let source = source(of: document, decoder)
        result.name = root.object("metadata")?.string("name")
        let declaration = declaration(kind, root, source, &decoder, &result)
        diagnostics.add(contentsOf: decoder.problems)
        if !decoder.problems.contains(where: \.isError) { result.declaration = declaration }
        return result
    }

    private func declaration(
        _ kind: Kind, _ root: CheckedObject, _ source: DeclarationSource, _ decoder: inout SchemaDecoder,
        _ result: inout DecodedDocument
    ) -> DecodedDocument.Declared? {
        let metadata = root.object("metadata").flatMap(Self.metadata)
        switch kind {
        case .unit:
            guard let spec = root.object("spec") else { return nil }
            var unit = UnitDecoding(spec: spec, source: source, decoder: decoder)
            let declaration = unit.declaration(metadata)
            decoder = unit.decoder
            result.artifact = unit.artifact
            return declaration.map { .unit(UnitRecord($0)) }
        case .instance:
            guard let spec = root.object("spec") else { return nil }
            result.configFrom = InstanceDecoding.configFrom(spec)
            var instance = InstanceDecoding(spec: spec, source: source, decoder: decoder)
            let declaration = instance.declaration(metadata)
            decoder = instance.decoder
            return declaration.map { .instance(InstanceRecord($0)) }
        case .schedule:
            guard let spec = root.object("spec") else { return nil }
            result.configFrom = InstanceDecoding.configFrom(spec)
            var schedule = ScheduleDecoding(spec: spec, source: source, decoder: decoder)
            let declaration = schedule.declaration(metadata)
            decoder = schedule.decoder
            return declaration.map { .schedule(ScheduleRecord($0)) }
        case .plugin:
            guard let metadata else { return nil }
            let place = source.location
            let version = PlumbVersion.current
            let what = "the \(kind.rawValue) '\(metadata.name)'"
            decoder.problems.append(
                Diagnostic(
                    .notYetActedOn, at: place,
                    "plumb \(version) checks \(what), and does not act on it"
                ))
            return .reserved(ReservedDeclaration(kind: kind, metadata: metadata, source: source))
        }
    }

    private static func metadata(_ object: CheckedObject) -> Metadata? {
        guard let name = object.string("name") else { return nil }
        return Metadata(
            name: name, labels: object.stringMap("labels"), annotations: object.stringMap("annotations"))
    }

    private func source(of document: YAMLDocument, _ decoder: SchemaDecoder) -> DeclarationSource {
        let mark = document.root.mark.position
        let position = decoder.positions["metadata.name"] ?? decoder.positions["metadata"] ?? mark
        return DeclarationSource(
            location: Location(file: file, line: Int(position.line), column: Int(position.column)),
            blob: blob, document: document.index, fields: decoder.positions)
    }

    // MARK: The envelope

    /// Which table the document is for. Nothing else is looked at until that is known.
    private func kind(of root: Node, _ decoder: inout SchemaDecoder) -> Kind? {
        guard case .mapping(let pairs) = root.content else {
            decoder.report(
                .notADeclaration, root.mark, "a declaration is a mapping, and this is \(root.describedType)")
            return nil
        }
        guard let version = scalar("apiVersion", pairs), let kind = scalar("kind", pairs) else {
            let missing = scalar("apiVersion", pairs) == nil ? "apiVersion" : "kind"
            let near = EditDistance.nearest(to: missing, among: pairs.lazy.map(\.key))
            if let pair = pairs.first(where: { $0.key == near }), pair.key != missing {
                decoder.report(
                    .unknownKey, pair.keyMark, "unknown key '\(pair.key)'; did you mean '\(missing)'?")
            } else {
                decoder.report(.notADeclaration, root.mark, "this mapping has no '\(missing)'")
            }
            return nil
        }
        if version.text != EnvelopeSchema.apiVersion {
            decoder.report(.unknownAPIVersion, version.mark, "unknown apiVersion '\(version.text)'")
            return nil
        }
        guard let known = Kind(rawValue: kind.text) else {
            let hint = EditDistance.suggestion(for: kind.text, among: Kind.allCases.map(\.rawValue))
            decoder.report(.unknownKind, kind.mark, "unknown kind '\(kind.text)'\(hint)")
            return nil
        }
        return known
    }

    private func scalar(_ key: String, _ pairs: [Node.Pair]) -> (text: String, mark: Mark)? {
        guard let pair = pairs.first(where: { $0.key == key }), case .scalar(let scalar) = pair.value.content
        else { return nil }
        return (scalar.text, pair.value.mark)
    }

    /// A document for a newer Plumb is not judged by this one's tables.
    private func meetsRequirement(_ root: Node, _ decoder: inout SchemaDecoder) -> Bool {
        guard case .mapping(let pairs) = root.content, let requires = scalar("requires", pairs) else {
            return true
        }
        let range = requires.text.hasPrefix("plumb") ? requires.text.dropFirst("plumb".count) : ""
        guard let first = range.first, !first.isLetter, let parsed = VersionRange(String(range)) else {
            decoder.report(
                .invalidValue, requires.mark, "'\(requires.text)' is no requirement",
                help: "write plumb and a range of versions, as in plumb >= 0.1")
            return false
        }
        if parsed.contains(PlumbVersion.current) { return true }
        decoder.report(
            .requiresNewerPlumb, requires.mark,
            "the document requires \(requires.text), and this is plumb \(PlumbVersion.current)")
        return false
    }
}
