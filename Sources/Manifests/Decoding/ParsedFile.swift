/// What one file declares, and what is wrong within it. A value of (path, bytes): whoever has parsed a blob
/// once may keep this, and need not parse it again.
package struct ParsedFile: Sendable {
    package let path: String
    package let blob: String
    let content: Content

    /// Findings that need no other file, sorted.
    package var diagnostics: [Diagnostic] { content.diagnostics }
    /// Directories that its Units' artifacts take.
    package var artifactDirectories: [String] { content.artifactDirectories }
    /// The documents that are whole and valid in themselves.
    package var declarations: [Declaration] {
        content.units.map { .unit($0.declaration) } + content.instances.map { .instance($0.declaration) }
            + content.schedules.map { .schedule($0.declaration) } + content.reserved.map { .plugin($0) }
    }

    /// Shared by all copies of the value: a source of ten thousand files is put together at every commit.
    final class Content: Sendable {
        let units: [UnitRecord]
        let instances: [InstanceRecord]
        let schedules: [ScheduleRecord]
        let reserved: [ReservedDeclaration]
        let diagnostics: [Diagnostic]
        /// Diagnostics beyond the bound of one file, and the errors among them.
        let dropped: Int
        let droppedErrors: Int
        /// Names whose declarations are there and broken: references to them are not reported as well.
        let broken: [(kind: Kind, name: String)]
        /// Names that unreadable documents may declare.
        let possibleNames: [String]
        let artifactDirectories: [String]
        /// Archives of the source.
        let artifactFiles: [String]
        let configFrom: [String]
        let documentCount: Int
        /// Whether any document has the mark of a declaration.
        let holdsDeclarations: Bool

        init(documents: [DecodedDocument], possibleNames: [String], collector: DiagnosticCollector) {
            self.possibleNames = possibleNames
            var units: [UnitRecord] = []
            var instances: [InstanceRecord] = []
            var schedules: [ScheduleRecord] = []
            var reserved: [ReservedDeclaration] = []
            for document in documents {
                switch document.declaration {
                case .unit(let unit)?: units.append(unit)
                case .instance(let instance)?: instances.append(instance)
                case .schedule(let schedule)?: schedules.append(schedule)
                case .reserved(let declaration)?: reserved.append(declaration)
                case nil: break
                }
            }
            self.units = units
            self.instances = instances
            self.schedules = schedules
            self.reserved = reserved
            diagnostics = collector.sorted()
            dropped = collector.dropped
            droppedErrors = collector.errorCount - collector.kept.reduce(0) { $0 + ($1.isError ? 1 : 0) }
            broken = documents.compactMap { document in
                guard document.declaration == nil, let kind = document.kind, let name = document.name else {
                    return nil
                }
                return (kind, name)
            }
            artifactDirectories = documents.compactMap { $0.artifact?.directory }
            artifactFiles = documents.compactMap { $0.artifact?.file }
            configFrom = documents.flatMap(\.configFrom)
            documentCount = documents.count
            holdsDeclarations = documents.contains { $0.kind != nil }
        }
    }

    /// Never fails: what is wrong is in `diagnostics`. `path` is relative to the source path. Documents of
    /// the kinds in `leftOut` are taken for nothing.
    package static func parse(
        path: String, blob: String, bytes: [UInt8], leavingOut leftOut: Set<Kind> = []
    ) -> ParsedFile {
        var collector = DiagnosticCollector(limit: DecodingLimits.fileDiagnosticsMax)
        guard !GitLFS.isPointer(bytes) else {
            let place = Location(file: path, line: 1, column: 1)
            collector.add(
                Diagnostic(.lfsPointer, at: place, "the file is a Git LFS pointer, not a declaration"))
            return ParsedFile(
                path: path, blob: blob,
                content: Content(documents: [], possibleNames: [], collector: collector))
        }
        let file = YAMLFile.read(bytes: bytes, file: path, into: &collector)
        let decoder = DocumentDecoder(file: path, blob: blob, leftOut: leftOut)
        let documents = file.documents.map { decoder.decode($0, into: &collector) }
        let isReadable = file.isComplete && !documents.contains { $0.declaration == nil && $0.name == nil }
        let names = isReadable ? [] : NameScan.names(in: bytes)
        return ParsedFile(
            path: path, blob: blob,
            content: Content(documents: documents, possibleNames: names, collector: collector))
    }

    /// Archives of the source that artifacts name, which are not read whole. Sorted, each once.
    package static func artifactFiles(of files: some Sequence<ParsedFile>) -> [String] {
        var paths: Set<String> = []
        for file in files { paths.formUnion(file.content.artifactFiles) }
        return paths.sorted()
    }

    /// Those of them whose digest is declared.
    package static func pinnedArchives(of files: some Sequence<ParsedFile>) -> [String] {
        var paths: Set<String> = []
        for file in files {
            for unit in file.content.units {
                guard let artifact = unit.declaration.artifact, artifact.sha256 != nil else { continue }
                if let path = artifact.file { paths.insert(path) }
            }
        }
        return paths.sorted()
    }

    /// The files that must be read besides, as configuration. Sorted, each once.
    package static func configPaths(of files: some Sequence<ParsedFile>) -> [String] {
        var paths: Set<String> = []
        for file in files { paths.formUnion(file.content.configFrom) }
        return paths.sorted()
    }
}

/// Files that Git LFS has replaced by a few lines about them.
package enum GitLFS {
    private static let firstLine = Array("version https://git-lfs.github.com/spec/v1\n".utf8)
    /// Pointers have about 130 bytes; only files of such sizes need a look.
    package static let pointerBytes = 120...512

    package static func isPointer(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: firstLine) }
}

/// Looks for names in text that is not YAML. A reference to a declaration that stands in an unreadable
/// document is no second mistake.
enum NameScan {
    private static let namesMax = 10_000

    /// What stands after `name:`, wherever it is.
    static func names(in bytes: [UInt8]) -> [String] {
        let key = Array("name:".utf8)
        var names: [String] = []
        var index = 0
        while index + key.count <= bytes.count, names.count < namesMax {
            guard bytes[index] == key[0], bytes[index..<index + key.count].elementsEqual(key) else {
                index += 1
                continue
            }
            index += key.count
            let word = bytes[index...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") }
                .prefix(StringRule.nameLengthMax + 1).prefix {
                    ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "-")
                }
            let name = String(decoding: word, as: UTF8.self)
            if StringRule.name.accepts(name) { names.append(name) }
        }
        return names
    }
}
