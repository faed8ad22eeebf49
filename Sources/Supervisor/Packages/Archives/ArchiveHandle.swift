import CLibArchive
import Glibc
import Manifests

/// One archive that is being read by libarchive, one format and nothing that wraps it but gzip.
struct ArchiveHandle: ~Copyable {
    private let raw: OpaquePointer
    private let format: Artifact.Format
    private let input: Int32

    private static let blockBytes = 64 << 10
    /// ARCHIVE_OK and its neighbours are macros that Swift does not see as one type.
    private enum Code {
        static let endOfArchive: Int32 = 1
        static let warning: Int32 = -20
    }
    /// S_IF…, which the library has of its own.
    private enum Kind {
        static let file: UInt32 = 0o100000
        static let directory: UInt32 = 0o040000
        static let link: UInt32 = 0o120000
    }
    private static let gzipFilter: Int32 = 1

    private init(raw: OpaquePointer, format: Artifact.Format, input: Int32) {
        self.raw = raw
        self.format = format
        self.input = input
    }

    /// nil: the library cannot do it.
    static func make(format: Artifact.Format, input: Int32) -> ArchiveHandle? {
        guard let raw = archive_read_new() else { return nil }
        let isSupported =
            switch format {
            // The directory at its end says what is in a zip; what stands between has no say.
            case .zip: archive_read_support_format_zip_seekable(raw)
            case .tarGz: min(archive_read_support_filter_gzip(raw), archive_read_support_format_tar(raw))
            case .dir: ARCHIVE_FATAL
            }
        guard isSupported >= Code.warning else {
            archive_read_free(raw)
            return nil
        }
        return ArchiveHandle(raw: raw, format: format, input: input)
    }

    deinit { archive_read_free(raw) }

    /// Tells every entry with its contents. nil: all of them; otherwise what is wrong.
    func tell(_ output: ArchiveOutput) -> String? {
        guard archive_read_open_fd(raw, input, Self.blockBytes) >= Code.warning else { return message }
        var buffer = [UInt8](repeating: 0, count: ArchiveFrame.payloadMax / 2)
        while true {
            var entry: OpaquePointer?
            let code = archive_read_next_header(raw, &entry)
            if code == Code.endOfArchive { return nil }
            guard code >= Code.warning, let entry else { return message }
            if format == .tarGz, archive_filter_code(raw, 0) != Self.gzipFilter {
                return "it is not compressed with gzip"
            }
            guard archive_entry_is_encrypted(entry) == 0 else { return "it is encrypted" }
            guard let told = Self.entry(entry) else {
                return "it holds a name that is not UTF-8, or a link to nothing"
            }
            output.send(.entry, told.payload)
            if told.kind == .file, !sendContents(output, &buffer) { return message }
        }
    }

    private func sendContents(_ output: ArchiveOutput, _ buffer: inout [UInt8]) -> Bool {
        while true {
            let count = buffer.withUnsafeMutableBytes { archive_read_data(raw, $0.baseAddress, $0.count) }
            if count == 0 { return true }
            guard count > 0 else { return false }
            buffer.withUnsafeBytes { output.send(.data, UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    private var message: String {
        archive_error_string(raw).map { String(cString: $0) } ?? "it cannot be read"
    }

    /// nil where a name is no text.
    private static func entry(_ entry: OpaquePointer) -> ArchiveEntry? {
        guard let path = name(archive_entry_pathname_utf8(entry)) else { return nil }
        let mode = UInt32(archive_entry_mode(entry))
        if archive_entry_hardlink(entry) != nil || archive_entry_hardlink_utf8(entry) != nil {
            guard let target = name(archive_entry_hardlink_utf8(entry)) else { return nil }
            return ArchiveEntry(kind: .hardLink, mode: mode, path: path, target: target)
        }
        switch UInt32(archive_entry_filetype(entry)) {
        case Kind.file:
            let size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0
            return ArchiveEntry(kind: .file, mode: mode, path: path, size: UInt64(max(size, 0)))
        case Kind.directory: return ArchiveEntry(kind: .directory, mode: mode, path: path)
        case Kind.link:
            guard let target = name(archive_entry_symlink_utf8(entry)) else { return nil }
            return ArchiveEntry(kind: .symbolicLink, mode: mode, path: path, target: target)
        default: return ArchiveEntry(kind: .other, mode: mode, path: path)
        }
    }

    private static func name(_ text: UnsafePointer<CChar>?) -> String? {
        text.flatMap { String(validatingCString: $0) }
    }
}
