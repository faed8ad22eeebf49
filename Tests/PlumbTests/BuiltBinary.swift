import Foundation
import Glibc

/// The program as people run it; it is built beside the tests.
enum BuiltBinary {
    /// nil where only a part of the package is built.
    static let path: String? = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return nil }
        let own = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let path = (own as NSString).deletingLastPathComponent + "/plumb"
        return access(path, X_OK) == 0 ? path : nil
    }()

    struct Result {
        var code: Int32
        var output: String
        var errors: String
    }

    /// Runs it to its end, with nothing but the given variables in its environment.
    static func run(_ arguments: [String], in folder: String, environment: [String: String] = [:]) throws
        -> Result
    {
        let process = Process()
        process.executableURL = path.map { URL(fileURLWithPath: $0) }
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        // Files, not pipes: nothing has to be drained while it runs.
        let outputs = try TemporaryFolder()
        for name in ["out", "err"] { try outputs.write("", to: name) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputs.path + "/out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: outputs.path + "/err"))
        try process.run()
        process.waitUntilExit()
        return Result(
            code: process.terminationReason == .exit ? process.terminationStatus : -1,
            output: try String(contentsOfFile: outputs.path + "/out", encoding: .utf8),
            errors: try String(contentsOfFile: outputs.path + "/err", encoding: .utf8))
    }
}
