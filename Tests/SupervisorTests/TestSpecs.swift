import Glibc
import Manifests
import Reconciler

@testable import Supervisor

/// An Instance with everything at its defaults.
func spec(_ process: ProcessSpec, instance: String = "web", health: Health = Health()) -> InstanceSpec {
    InstanceSpec(
        name: instance, unit: "\(instance)@1.0.0", profile: .keepalive, process: process, health: health,
        restart: RestartPolicy(), stop: StopPolicy(), logging: LoggingPolicy(), update: UpdatePolicy(),
        fields: [],
        startHash: StartHash(hex: "00"), specHash: SpecHash(hex: "00"))
}

/// An Instance that runs a script of the shell.
func shell(_ script: String, instance: String = "web", health: Health = Health()) -> InstanceSpec {
    spec(ProcessSpec(command: "/bin/sh", args: ["-c", script]), instance: instance, health: health)
}

/// Sleeps for as long as any test may take.
let sleeper = "exec sleep 600"

/// A repository that is in memory.
struct FilesOfMemory: PackageSource {
    var trees: [String: [PackageEntry]] = [:]
    var blobs: [String: [UInt8]] = [:]

    struct Missing: Error {}

    func entries(tree: String) async throws -> [PackageEntry] {
        guard let entries = trees[tree] else { throw Missing() }
        return entries
    }

    func blob(_ id: String) async throws -> [UInt8] {
        guard let bytes = blobs[id] else { throw Missing() }
        return bytes
    }

    func write(blob id: String, to descriptor: Int32) async throws {
        let bytes = try await blob(id)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Missing() }
    }

    /// A tree of one kind of entry for each path; for a symbolic link the text is its target.
    init(_ tree: String = "", _ files: [(path: String, kind: PackageEntry.Kind, text: String)] = []) {
        var entries: [PackageEntry] = []
        for (number, file) in files.enumerated() {
            entries.append(PackageEntry(path: file.path, kind: file.kind, id: "\(tree)-\(number)"))
            blobs["\(tree)-\(number)"] = Array(file.text.utf8)
        }
        trees[tree] = entries
    }
}
