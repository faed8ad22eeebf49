import Glibc

/// Files of the control group file system.
enum ControlFile {
    /// 0, or the errno.
    @discardableResult
    static func write(_ path: String, _ value: String) -> Int32 {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return errno }
        defer { close(file) }
        let bytes = Array(value.utf8)
        return Glibc.write(file, bytes, bytes.count) == bytes.count ? 0 : errno
    }

    static func text(_ path: String) -> String? {
        guard let bytes = try? contents(of: path, bytesMax: 64 << 10) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A file that holds one number.
    static func number(_ path: String) -> UInt64? {
        text(path).flatMap { UInt64($0.prefix { $0.isNumber }) }
    }

    /// The number of the line `name N`.
    static func number(_ path: String, _ name: String) -> UInt64? {
        text(path)?.split(separator: "\n").lazy.compactMap { line -> UInt64? in
            let parts = line.split(separator: " ")
            return parts.count == 2 && parts[0] == name ? UInt64(parts[1]) : nil
        }.first
    }
}
