/// What a source holds at one revision, without the bytes: the listing that the git side or a directory
/// gives.
package struct SourceListing: Sendable, Equatable {
    package struct Entry: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case file
            case executable
            case directory
            case symbolicLink(target: String)
            case submodule
        }
        /// Relative to the source path.
        package var path: String
        package var kind: Kind
        /// The blob's or tree's id; equal ids mean equal contents.
        package var id: String
        /// Bytes; 0 for anything but files.
        package var size: Int

        package init(path: String, kind: Kind, id: String, size: Int) {
            self.path = path
            self.kind = kind
            self.id = id
            self.size = size
        }
    }
    package var entries: [Entry]

    package init(entries: [Entry]) { self.entries = entries }
}
