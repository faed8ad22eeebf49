import CLinux
import Foundation
import Glibc
import Testing

/// A directory that is gone when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/plumb-test-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the folders that it stands in.
    func write(_ text: String, to file: String) throws {
        let full = path + "/" + file
        try FileManager.default.createDirectory(
            atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: full, atomically: false, encoding: .utf8)
    }
}

/// A real listening socket that gives prepared answers, one a connection.
final class UnixListener: Sendable {
    let path: String
    private let descriptor: Int32

    init(folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/plumb.sock"
        descriptor = clinux_unix_stream()
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        try #require(clinux_unix_bind(descriptor, "/proc/self/fd/\(directory)/plumb.sock") == 0)
        try #require(listen(descriptor, 8) == 0)
    }

    /// In the background; each connection's request is read before it is answered.
    func answer(_ answers: [String]) {
        let descriptor = descriptor
        Thread.detachNewThread {
            for answer in answers {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                var buffer = [UInt8](repeating: 0, count: 4096)
                _ = read(client, &buffer, buffer.count)
                let bytes = Array(answer.utf8)
                _ = bytes.withUnsafeBytes { Glibc.write(client, $0.baseAddress, $0.count) }
                close(client)
            }
        }
    }

    func stop() { close(descriptor) }
}
