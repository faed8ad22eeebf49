import Glibc

/// The plumb-keeper that was built together with these tests.
enum KeeperBinary {
    /// The program that unpacks, which was built beside it.
    static var plumb: String { path.hasSuffix("-keeper") ? String(path.dropLast("-keeper".count)) : path }

    static let path: String = {
        for directory in candidates {
            let path = directory + "/plumb-keeper"
            if access(path, X_OK) == 0 { return path }
        }
        return "plumb-keeper was not built beside the tests"
    }()

    /// Beside the test bundle, which is named on the command line, or beside this very executable.
    private static var candidates: [String] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = max(readlink("/proc/self/exe", &buffer, buffer.count - 1), 0)
        let executable = String(decoding: buffer[0..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (CommandLine.arguments + [executable]).filter { $0.contains("/") }.flatMap { path in
            sequence(first: parent(of: path)) { $0.isEmpty ? nil : parent(of: $0) }.prefix(4)
        }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
