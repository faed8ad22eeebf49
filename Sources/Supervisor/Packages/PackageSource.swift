/// Where the files of packages come from; the wiring joins it to the reader of the repository.
package protocol PackageSource: Sendable {
    /// Every file below the tree, in any order.
    func entries(tree: String) async throws -> [PackageEntry]
    /// The bytes of one file; for a symbolic link, its target.
    func blob(_ id: String) async throws -> [UInt8]
    /// Writes the bytes of one file to an open one, however many they are.
    func write(blob id: String, to descriptor: Int32) async throws
}

/// One file of a package.
package struct PackageEntry: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file
        case executable
        case symbolicLink
        case submodule
    }

    /// Relative to the package, with `/` between components.
    package var path: String
    package var kind: Kind
    package var id: String

    package init(path: String, kind: Kind, id: String) {
        self.path = path
        self.kind = kind
        self.id = id
    }
}
