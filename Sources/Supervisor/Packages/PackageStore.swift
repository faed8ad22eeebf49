import Glibc
package import Reconciler

/// The content-addressed directory of packages: `<unit>/<version>-<tree id>/`, read-only, complete or absent.
///
/// A package is there once its marker is: a file beside it that is written last.
package actor PackageStore {
    private let directory: String
    private let source: any PackageSource
    /// What is being written now, so that every replica waits for one and the same writing.
    private var inProgress: [String: Task<Void, any Error>] = [:]

    private static let markerSuffix = ".complete"
    private static let temporaryPrefix = "new-"
    private static let digestDigits = 40

    package init(directory: String, source: any PackageSource) {
        self.directory = directory
        self.source = source
    }

    /// Where the package stands or will stand.
    package nonisolated func path(of package: PackageReference) -> String {
        "\(directory)/\(Self.key(package))"
    }

    /// The key by which `collect` knows a package.
    package static func key(_ package: PackageReference) -> String {
        "\(package.unit)/\(package.version)-\(package.tree.prefix(digestDigits))"
    }

    package nonisolated func isPresent(_ package: PackageReference) -> Bool {
        let path = path(of: package)
        return access(path + Self.markerSuffix, F_OK) == 0 && access(path, F_OK) == 0
    }

    /// Makes sure that the package is there as a whole.
    package func materialise(_ package: PackageReference) async throws(PreparationFailure) {
        guard !isPresent(package) else { return }
        let key = Self.key(package)
        guard Self.isPlain(package.unit), Self.isPlain(package.version), Self.isPlain(package.tree) else {
            throw PreparationFailure(
                code: "package-name", message: "'\(key)' cannot name a package",
                remedy: "check unit and version")
        }
        let task =
            inProgress[key]
            ?? Task { [source, directory] in
                let writer = PackageWriter(
                    final: "\(directory)/\(key)",
                    temporary: "\(directory)/\(package.unit)/\(Self.temporaryPrefix)\(package.tree)",
                    marker: "\(directory)/\(key)\(Self.markerSuffix)")
                try await writer.write(tree: package.tree, from: source)
            }
        inProgress[key] = task
        defer { inProgress[key] = nil }
        do {
            try await task.value
        } catch let problem as PackageContents.Problem {
            throw PreparationFailure(
                code: problem.code,
                message: "the package \(package.unit)@\(package.version): \(problem.message)",
                remedy: "mend the artifact's directory and commit")
        } catch let error as SystemError {
            throw PreparationFailure(
                code: "package-write", message: "the package \(package.unit)@\(package.version): \(error)",
                remedy: "make room or mend \(directory)", isTransient: error.isTransient)
        } catch {
            // The repository may be unreadable for a moment; unknown is not absent.
            throw PreparationFailure(
                code: "package-source",
                message: "the package \(package.unit)@\(package.version) cannot be read: \(error)",
                remedy: "check the repository", isTransient: true)
        }
    }

    /// Removes what an interrupted writing left. Call before the first `materialise`.
    package func removeTorn() {
        for unit in directoryNames(directory) {
            let parent = "\(directory)/\(unit)"
            for name in directoryNames(parent) where !name.hasSuffix(Self.markerSuffix) {
                if access("\(parent)/\(name)\(Self.markerSuffix)", F_OK) != 0 {
                    DirectoryTree.remove("\(parent)/\(name)")
                }
            }
        }
    }

    /// Removes every package but those whose `key` is given. The marker goes first.
    package func collect(keep keys: Set<String>) {
        for unit in directoryNames(directory) {
            let parent = "\(directory)/\(unit)"
            for name in directoryNames(parent) where name.hasSuffix(Self.markerSuffix) {
                let key = "\(unit)/\(name.dropLast(Self.markerSuffix.count))"
                guard !keys.contains(key), inProgress[key] == nil else { continue }
                unlink("\(parent)/\(name)")
                DirectoryTree.remove("\(directory)/\(key)")
            }
            rmdir(parent)
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.utf8.contains(0)
    }
}
