import Glibc
package import Reconciler

/// What a spec takes from this host beside its package: the values of its secrets, its user, and a command
/// that is not in the package. Told as one hash under a key that only this host has, so that it can be stored
/// and compared, and says nothing to whoever reads it.
struct HostInputsReading {
    let assembly: LaunchAssembly
    let key: [UInt8]

    /// nil: it takes nothing.
    func hash(of process: ProcessSpec) -> String? {
        var parts: [String] = []
        for (variable, file) in process.secrets.sorted(by: { $0.key < $1.key }) {
            parts += ["secret", variable, file, secret(file, variable)]
        }
        if process.user != nil || process.group != nil { parts += ["user", user(process)] }
        if !(process.package != nil && process.command.contains("/") && !process.command.hasPrefix("/")) {
            parts += ["command", command(process)]
        }
        guard !parts.isEmpty else { return nil }
        return authenticated(parts)
    }

    private func secret(_ file: String, _ variable: String) -> String {
        do throws(PreparationFailure) {
            return "=" + (try assembly.secrets.read(file: file, for: variable))
        } catch {
            return "!" + error.code
        }
    }

    private func user(_ process: ProcessSpec) -> String {
        do throws(PreparationFailure) {
            let user = try assembly.users.resolve(user: process.user, group: process.group)
            return "\(user.uid):\(user.gid)"
        } catch {
            return "!" + error.code
        }
    }

    private func command(_ process: ProcessSpec) -> String {
        do throws(PreparationFailure) {
            let path = try assembly.executable(of: process)
            var facts = stat()
            guard stat(path, &facts) == 0 else { return "!unreadable" }
            return "\(path) \(facts.st_dev) \(facts.st_ino) \(facts.st_size) \(facts.st_mtim.tv_sec) "
                + "\(facts.st_mtim.tv_nsec)"
        } catch {
            return "!" + error.code
        }
    }

    /// HMAC with SHA-256 (RFC 2104), each part after its length.
    private func authenticated(_ parts: [String]) -> String {
        var message: [UInt8] = []
        for part in parts {
            let bytes = Array(part.utf8)
            message += withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) } + bytes
        }
        let padded = key + [UInt8](repeating: 0, count: Self.blockBytes - key.count)
        let inner = SHA256.hex(padded.map { $0 ^ 0x36 } + message)
        return SHA256.hex(padded.map { $0 ^ 0x5c } + Array(inner.utf8))
    }

    private static let blockBytes = 64
    static let keyBytes = 32

    /// The host's key, made at its first use. Without one nothing can be compared.
    static func key(at path: String) -> [UInt8]? {
        if let known = read(path) { return known }
        // The generator of the system takes its bytes from the kernel.
        let bytes = (0..<keyBytes).map { _ in UInt8.random(in: .min ... .max) }
        let temporary = path + ".new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return nil }
        let isWhole = write(file, bytes, keyBytes) == keyBytes && fsync(file) == 0
        close(file)
        guard isWhole, rename(temporary, path) == 0 else { return nil }
        return bytes
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC),
            let bytes = try? file.readAll(bytesMax: keyBytes, path), bytes.count == keyBytes
        else { return nil }
        return bytes
    }
}

extension Supervisor {
    /// A keyed hash of what a spec takes from this host; nil: nothing, or it cannot be told.
    package func inputs(of spec: InstanceSpec) -> String? {
        guard let key = HostInputsReading.key(at: layout.inputsKey) else { return nil }
        return HostInputsReading(assembly: assembly, key: key).hash(of: spec.process)
    }

    /// The last lines that a run wrote to stderr, each cut to what a person reads.
    package func lastErrors(of run: RunID, in slot: SlotID, lines: Int) -> [String] {
        let query = LogQuery(slots: [slot], streams: [.stderr], last: lines, run: .id(run))
        return LogReader(stateDir: layout.stateDir).lines(query).map { line in
            String(decoding: line.bytes.prefix(SupervisorLimits.toldErrorBytesMax), as: UTF8.self)
        }
    }
}

extension PreparationFailure {
    /// What was committed is to blame: nobody can mend it on the host.
    package var isOfRevision: Bool {
        if isTransient { return false }
        return Self.ofRevision.contains(code) || code.hasPrefix("package-")
    }

    /// A command that is not there may as well be missing on the host; then mending the host lifts the
    /// quarantine.
    private static let ofRevision: Set<String> = [
        "command-missing", "command-relative", "command-not-executable", "working-dir", "zero-byte",
        "sandbox-path", "sandbox-hides", "notify-path",
    ]
}
