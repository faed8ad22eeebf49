import Manifests
import Supervisor

/// `artifacts` and `retention` of the settings file: how archives are fetched, and how long packages stay.
struct ArtifactBlock {
    var settings = ArtifactSettings()

    static let keys: Set<String> = [
        "artifacts", "artifacts.ca", "artifacts.credentials", "artifacts.maxBytes",
        "artifacts.maxUnpackedBytes", "artifacts.timeout", "retention", "retention.packages",
    ]
    private static let credentialKeys: Set<String> = ["host", "tokenFile", "user", "passwordFile"]
    private static let credentialsMax = 64
    private static let bytesRange: ClosedRange<UInt64> = 1...(64 << 30)

    init(_ file: AgentFile) throws {
        if let ca = try file.text("artifacts.ca") {
            guard ca.hasPrefix("/") else {
                throw file.fault("artifacts.ca", "artifacts.ca must be an absolute path")
            }
            settings.caFile = ca
        }
        settings.bytesMax = try Self.size(file, "artifacts.maxBytes") ?? settings.bytesMax
        settings.unpackedBytesMax =
            try Self.size(file, "artifacts.maxUnpackedBytes") ?? settings.unpackedBytesMax
        settings.timeout =
            try Self.time(file, "artifacts.timeout", .seconds(1)...(.seconds(86_400))) ?? settings.timeout
        settings.retention =
            try Self.time(file, "retention.packages", .seconds(1)...(.seconds(86_400 * 3_650)))
            ?? settings.retention
        let items = try file.objects("artifacts.credentials")
        guard items.count <= Self.credentialsMax else {
            throw file.fault(
                "artifacts.credentials", "artifacts.credentials has at most \(Self.credentialsMax) entries")
        }
        for (index, item) in items.enumerated() {
            let entry = Entry(file: file, path: "artifacts.credentials[\(index)]", values: item)
            for key in item.keys.sorted() where !Self.credentialKeys.contains(key) {
                throw entry.fault(key, "unknown setting \(entry.path).\(key)")
            }
            let credential = try entry.credential()
            guard !settings.credentials.contains(where: { $0.host == credential.host }) else {
                throw entry.fault("host", "\(credential.host) has credentials already")
            }
            settings.credentials.append(credential)
        }
    }

    private static func size(_ file: AgentFile, _ path: String) throws -> UInt64? {
        guard let value = file.value(path) else { return nil }
        let size: UInt64? =
            switch value {
            case .string(let text): Quantities.size(text)
            case .int(let number): UInt64(exactly: number)
            default: nil
            }
        guard let size, bytesRange.contains(size) else {
            throw file.fault(path, "\(path) is a size up to 64Gi, for example 512Mi")
        }
        return size
    }

    private static func time(
        _ file: AgentFile, _ path: String, _ range: ClosedRange<Duration>
    ) throws -> Duration? {
        guard let time = try file.duration(path) else { return nil }
        guard range.contains(time) else {
            throw file.fault(
                path,
                "\(path) is a time from \(Quantities.text(range.lowerBound)) to"
                    + " \(Quantities.text(range.upperBound))")
        }
        return time
    }

    private struct Entry {
        let file: AgentFile
        let path: String
        let values: [String: ConfigValue]

        func fault(_ key: String, _ message: String) -> CommandFailure {
            file.fault(values[key] == nil ? path : "\(path).\(key)", message)
        }

        private func text(_ key: String) throws -> String? {
            switch values[key] {
            case nil: return nil
            case .string(let text)?: return text
            default: throw fault(key, "\(key) must be a text")
            }
        }

        private func filePath(_ key: String) throws -> String? {
            guard let path = try text(key) else { return nil }
            guard path.hasPrefix("/"), !path.hasSuffix("/") else {
                throw fault(key, "\(key) must be the absolute path of a file")
            }
            return path
        }

        func credential() throws -> ArtifactSettings.Credential {
            guard let host = try text("host")?.lowercased(), !host.isEmpty,
                !host.contains(where: { "/@ ".contains($0) })
            else { throw fault("host", "host is a name, or host:port, for example files.example.org") }
            let user = try text("user")
            switch (try filePath("tokenFile"), user, try filePath("passwordFile")) {
            case (let token?, nil, nil): return .init(host: host, kind: .bearer(tokenFile: token))
            case (nil, let user?, let password?):
                guard !user.contains(":"), !user.isEmpty else {
                    throw fault("user", "user is a name without ':'")
                }
                return .init(host: host, kind: .basic(user: user, passwordFile: password))
            default:
                throw fault(
                    "host", "credentials are either a tokenFile, or a user and a passwordFile")
            }
        }
    }
}
