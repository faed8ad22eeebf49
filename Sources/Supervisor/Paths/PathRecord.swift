import Foundation
import Glibc
import Reconciler

/// What is remembered of the files of one path trigger, beside the database: it changes with files, not with
/// runs. Written whole and put in place by its name, so that it is there as it was or as it is.
struct PathRecord: Codable {
    var glob: String
    var files: [String: FileMark]

    static func path(_ schedule: String, in directory: String) -> String { directory + "/" + schedule }

    /// nil: there is none, or none that could be read; then what is there now is no news.
    static func read(_ schedule: String, in directory: String) -> PathRecord? {
        FileManager.default.contents(atPath: path(schedule, in: directory)).flatMap {
            try? JSONDecoder().decode(PathRecord.self, from: $0)
        }
    }

    func write(_ schedule: String, in directory: String) throws(SystemError) {
        let bytes: [UInt8]
        do {
            bytes = Array(try JSONEncoder().encode(self))
        } catch {
            throw SystemError("encode", schedule, number: EINVAL)
        }
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", directory) }
        let final = Self.path(schedule, in: directory)
        // No Schedule has a name that begins with a dot.
        let temporary = directory + "/." + schedule
        let file = try Descriptor(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try file.writeAll(bytes, temporary)
        try file.sync(temporary)
        guard rename(temporary, final) == 0 else { throw SystemError("rename", final) }
    }

    /// Of Schedules that wait for files no more.
    static func removeAll(but schedules: Set<String>, in directory: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        where !schedules.contains(name) {
            unlink(directory + "/" + name)
        }
    }
}
