import CLinux
import Glibc

/// A descriptor that is handed from run to run of a replica, and that keepers hold for agents meanwhile.
package struct PassedDescriptor: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// A listening socket of the agent's.
        case listen = 1
        /// Left by a run for the next, until its other end is closed.
        case stored = 2
        /// Left by a run for the next, whatever becomes of its other end.
        case storedUnwatched = 3
    }
    package var kind: Kind
    /// As in LISTEN_FDNAMES.
    package var name: String
    /// What the agent knows it by; opaque to the keeper.
    package var key: String

    package var isStored: Bool { kind != .listen }

    package init(kind: Kind, name: String, key: String) {
        self.kind = kind
        self.name = name
        self.key = key
    }

    /// Whether there can be another end whose closing is seen. Of any other file poll(2) could tell nothing,
    /// and might take as long as its file system likes.
    package static func hasOtherEnd(_ descriptor: Int32) -> Bool {
        let type = clinux_file_type(descriptor)
        return type == S_IFSOCK || type == S_IFIFO
    }
}

extension PassedDescriptor {
    /// Kind, then name and key, each with a zero byte at its end.
    var encoded: [UInt8] { [kind.rawValue] + Array(name.utf8) + [0] + Array(key.utf8) + [0] }

    /// Nil for a kind that a newer one knows.
    init?(_ field: FieldReader.Field) throws(WireError) {
        guard field.value.count <= WireLimits.passedBytesMax, let first = field.value.first,
            field.value.last == 0
        else { throw .field(field.tag) }
        guard let kind = Kind(rawValue: first) else { return nil }
        let parts = field.value[1...].dropLast().split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .field(field.tag) }
        self.init(
            kind: kind, name: String(decoding: parts[0], as: UTF8.self),
            key: String(decoding: parts[1], as: UTF8.self))
    }
}
