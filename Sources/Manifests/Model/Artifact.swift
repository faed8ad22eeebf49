/// Where the program's files come from.
package struct Artifact: Sendable, Hashable {
    /// How the files are packed.
    package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
        case dir
        case tarGz = "tar.gz"
        case zip

        /// The format that a name ends with; nil where it says nothing.
        package init?(ofName name: some StringProtocol) {
            let name = name.lowercased()
            if name.hasSuffix(".tar.gz") || name.hasSuffix(".tgz") {
                self = .tarGz
            } else if name.hasSuffix(".zip") {
                self = .zip
            } else {
                return nil
            }
        }
    }

    package enum Origin: Sendable, Hashable {
        /// Relative to the source path, normalised: no leading `./`, no `..`, no trailing `/`; "" is the
        /// source path itself.
        case repository(path: String)
        /// An absolute path of the host that the agent runs on.
        case host(path: String)
        /// https, or http of this very host.
        case web(url: String)
    }

    package var origin: Origin
    package var format: Format
    /// 64 lower-case digits. Always there for what is not in the repository.
    package var sha256: String?

    package init(origin: Origin, format: Format, sha256: String? = nil) {
        self.origin = origin
        self.format = format
        self.sha256 = sha256
    }

    package init(directory: String) { self.init(origin: .repository(path: directory), format: .dir) }

    /// The directory of the repository that it takes whole; nil for an archive.
    package var directory: String? {
        guard format == .dir, case .repository(let path) = origin else { return nil }
        return path
    }

    /// The archive in the repository; nil for a directory, and for what is elsewhere.
    package var file: String? {
        guard format != .dir, case .repository(let path) = origin else { return nil }
        return path
    }
}
