package import Manifests

/// The files of a unit in the content-addressed store of packages, and where they can be had from.
package struct PackageReference: Sendable, Hashable, Codable {
    package var unit: String
    package var version: String
    /// What names the contents: the id of the git tree; of an archive its SHA-256, or where that is not
    /// declared the id of its blob.
    package var tree: String
    /// nil: a directory of the repository. Optional, so that what was stored before is read.
    package var archive: ArchiveReference?

    package init(unit: String, version: String, tree: String, archive: ArchiveReference? = nil) {
        self.unit = unit
        self.version = version
        self.tree = tree
        self.archive = archive
    }

    /// What a unit takes; nil where it takes nothing, or where the snapshot has nothing of it.
    init?(of unit: UnitDeclaration, in snapshot: Snapshot) {
        guard let artifact = unit.artifact, let id = snapshot.contentID(of: artifact) else { return nil }
        self.init(
            unit: unit.metadata.name, version: unit.version.description, tree: id,
            archive: ArchiveReference(artifact, in: snapshot))
    }
}

/// An archive, and how it is checked.
package struct ArchiveReference: Sendable, Hashable, Codable {
    package var format: Artifact.Format
    /// 64 lower-case digits; nil only for what git verifies.
    package var sha256: String?
    /// The id of a blob of the repository, or nil; then one of the next two is set.
    package var blob: String?
    package var file: String?
    package var url: String?
    /// As people know it: the path, or the address.
    package var source: String

    package init(
        format: Artifact.Format, sha256: String?, blob: String? = nil, file: String? = nil,
        url: String? = nil, source: String
    ) {
        self.format = format
        self.sha256 = sha256
        self.blob = blob
        self.file = file
        self.url = url
        self.source = source
    }

    init?(_ artifact: Artifact, in snapshot: Snapshot) {
        guard artifact.format != .dir else { return nil }
        switch artifact.origin {
        case .repository(let path):
            self.init(
                format: artifact.format, sha256: artifact.sha256, blob: snapshot.packageFiles[path],
                source: path)
        case .host(let path):
            self.init(format: artifact.format, sha256: artifact.sha256, file: path, source: "file://\(path)")
        case .web(let url):
            self.init(format: artifact.format, sha256: artifact.sha256, url: url, source: url)
        }
    }
}

extension Snapshot {
    /// What names the contents of an artifact.
    func contentID(of artifact: Artifact) -> String? {
        if let directory = artifact.directory { return packageTrees[directory] }
        // Missing in a snapshot that is valid: never.
        if let file = artifact.file, packageFiles[file] == nil { return nil }
        return artifact.sha256 ?? artifact.file.flatMap { packageFiles[$0] }
    }
}

extension SpecFields {
    /// Contents make a process what it is; where they come from does not, and is a field all the same:
    /// whoever mends only that has declared another spec, which is tried.
    mutating func addPackage(_ package: PackageReference?) {
        guard let package else { return }
        guard let archive = package.archive else {
            return addUnit("spec.artifact.source", "tree \(package.tree)", .restart)
        }
        addUnit("spec.artifact.format", archive.format.rawValue, .restart)
        let origin = archive.blob.map { "blob \($0)" } ?? archive.source
        addUnit("spec.artifact.source", origin, archive.sha256 == nil ? .restart : .live)
        if let sha256 = archive.sha256 { addUnit("spec.artifact.sha256", sha256, .restart) }
    }
}

extension String {
    /// A digest as people compare it: the first digits.
    var withShortDigest: String {
        split(separator: " ", omittingEmptySubsequences: false).map { word in
            let isDigest = word.utf8.count >= 40 && word.allSatisfy(\.isHexDigit)
            return isDigest ? String(word.prefix(12)) : String(word)
        }.joined(separator: " ")
    }
}

extension World {
    /// Packages that something needs: what is declared here or was good, and what runs.
    package var neededPackages: Set<PackageReference> {
        var needed: Set<PackageReference> = []
        for remembered in memory.instances.values {
            if let package = remembered.applied?.desired.spec.process.package { needed.insert(package) }
            for spec in remembered.lastKnownGood {
                if let package = spec.process.package { needed.insert(package) }
            }
        }
        for schedule in desired?.schedules?.values.filter(\.assigned) ?? [] {
            guard case .run(let spec, _) = schedule.action else { continue }
            if let package = spec.wrappedValue.process.package { needed.insert(package) }
        }
        for run in observed.runs.values {
            if let package = run.spec.process.package { needed.insert(package) }
        }
        return needed
    }
}
