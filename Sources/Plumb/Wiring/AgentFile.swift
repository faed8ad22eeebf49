import Foundation
import Manifests

/// `agent.yaml`: kind `Agent`, outside the repository, because whoever may commit must not decide who is
/// trusted.
struct AgentFile {
    private let values: [String: ConfigValue]
    private let source: DeclarationSource?
    /// Where each key itself stands.
    private let keys: [String: Location]
    private let name: String
    /// Where it was found; nil: there is none, and none was asked for.
    var path: String? { source == nil ? nil : name }

    /// Keys this version acts on; others are refused rather than ignored.
    private static let known = Set<String>([
        "apiVersion", "kind", "node", "node.name", "node.labels", "node.address", "stateDir", "runtimeDir",
        "secretsDir", "notify",
    ]).union(SourceSettings.keys).union(WebhookSettings.keys).union(TrustBlock.keys)
        .union(GateBlocks.keys).union(ArtifactBlock.keys).union(AccessBlock.keys)
    /// What has keys below it.
    private static let blocks = Set(
        known.compactMap { path in path.lastIndex(of: ".").map { String(path[..<$0]) } })
    /// Blocks that may be one word instead, such as `off`; whoever reads them refuses all others.
    private static let words: Set<String> = ["status.tls"]
    /// Keys of the design whose behaviour comes later.
    private static let reserved = Set<String>(["limits"]).union(TrustBlock.reserved)

    /// - Parameter path: nil is the usual place, where no file is no fault.
    init(named path: String?) throws {
        name = path ?? HostSettings.configDefault
        guard let data = FileManager.default.contents(atPath: name) else {
            let isThere = FileManager.default.fileExists(atPath: name)
            if path == nil && !isThere {
                (values, source, keys) = ([:], nil, [:])
                return
            }
            throw CommandFailure(
                message: "cannot read the settings file \(name)",
                remedy: isThere ? "let this user read it" : "check the path given with --config")
        }
        let parsed = ParsedConfig.parse(path: name, blob: "", bytes: [UInt8](data), asSettings: true)
        guard let file = parsed.file else {
            var lines = SourceLines()
            lines.add(path: name, bytes: [UInt8](data))
            throw CommandFailure(
                message: parsed.diagnostics.map { $0.render(sourceLines: lines, color: false) }.joined(
                    separator: "\n"), remedy: "mend \(name) and start again")
        }
        (values, source, keys) = (file.values, file.source, parsed.keys)
        try check()
    }

    private func check() throws {
        guard case .string("Agent")? = values["kind"] else {
            throw fault("kind", "the settings file must say `kind: Agent`")
        }
        guard case .string("plumb.dev/v1")? = values["apiVersion"] else {
            throw fault("apiVersion", "the settings file must say `apiVersion: plumb.dev/v1`")
        }
        try check(values, prefix: "")
    }

    private func check(_ object: [String: ConfigValue], prefix: String) throws {
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            let path = prefix + key
            if Self.reserved.contains(path) {
                throw fault(
                    atKey: path,
                    "\(path) is not supported by this version yet: it would be ignored, so it is refused")
            }
            guard Self.known.contains(path) else { throw fault(atKey: path, "unknown setting \(path)") }
            if case .object(let inner) = value, path != "node.labels" {
                try check(inner, prefix: path + ".")
            } else if Self.blocks.contains(path), !Self.words.contains(path) {
                throw notAMapping(path)
            }
        }
    }

    /// Passed over, it would look as if it were in force: `trust: head` would trust everybody.
    private func notAMapping(_ path: String) -> CommandFailure {
        if path == "source.ref" {
            return fault(path, "\(path) is a mapping", remedy: "write it as ref: {branch: main}")
        }
        let below = Self.known.filter { $0.hasPrefix(path + ".") }.map { $0.dropFirst(path.count + 1) }
        let keys = below.filter { !$0.contains(".") }.sorted().joined(separator: ", ")
        return fault(path, "\(path) is a mapping", remedy: "write below it: \(keys)")
    }

    func text(_ path: String) throws -> String? {
        guard let value = lookup(path) else { return nil }
        guard case .string(let text) = value else { throw fault(path, "\(path) must be a text") }
        return text
    }

    /// A list of mappings.
    func objects(_ path: String) throws -> [[String: ConfigValue]] {
        guard let value = lookup(path) else { return [] }
        guard case .array(let items) = value else { throw fault(path, "\(path) is a list of mappings") }
        return try items.enumerated().map { index, item in
            guard case .object(let entries) = item else {
                throw fault("\(path)[\(index)]", "\(path)[\(index)] must be a mapping")
            }
            return entries
        }
    }

    /// A list of texts, or one text in its place.
    func texts(_ path: String) throws -> [String] {
        switch lookup(path) {
        case nil: return []
        case .string(let text)?: return [text]
        case .array(let items)?:
            return try items.map { item in
                guard case .string(let text) = item else { throw fault(path, "\(path) is a list of texts") }
                return text
            }
        default: throw fault(path, "\(path) is a text, or a list of them")
        }
    }

    func labels(_ path: String) throws -> [String: String] {
        guard let value = lookup(path) else { return [:] }
        guard case .object(let entries) = value else { throw fault(path, "\(path) must be a mapping") }
        return try entries.mapValues { entry in
            guard case .string(let text) = entry else { throw fault(path, "every label must be a text") }
            return text
        }
    }

    func value(_ path: String) -> ConfigValue? { lookup(path) }
    /// A time such as `30s`; nil where it is not given.
    func duration(_ path: String) throws -> Duration? {
        guard let text = try text(path) else { return nil }
        guard let duration = Quantities.duration(text) else {
            throw fault(path, "\(path): \(text) is no time", remedy: "write it as 30s, 5m or 1h30m")
        }
        return duration
    }

    func flag(_ path: String) throws -> Bool? {
        guard let value = lookup(path) else { return nil }
        guard case .bool(let flag) = value else { throw fault(path, "\(path) must be true or false") }
        return flag
    }

    func has(_ path: String) -> Bool { lookup(path) != nil }

    private func lookup(_ path: String) -> ConfigValue? {
        var value = ConfigValue.object(values)
        for key in path.split(separator: ".") {
            guard case .object(let entries) = value, let next = entries[String(key)] else { return nil }
            value = next
        }
        return value
    }

    /// What is wrong with a setting, with the place of its value.
    func fault(_ path: String, _ message: String, remedy: String? = nil) -> CommandFailure {
        fault(at: source.map { $0.location(of: path) }, message, remedy)
    }

    /// What is wrong with a key as such, with its own place.
    func fault(atKey path: String, _ message: String, remedy: String? = nil) -> CommandFailure {
        fault(at: keys[path] ?? source.map { $0.location(of: path) }, message, remedy)
    }

    private func fault(at place: Location?, _ message: String, _ remedy: String?) -> CommandFailure {
        CommandFailure(
            message: "\(name):\(place?.line ?? 1):\(place?.column ?? 1): \(message)",
            remedy: remedy ?? "mend \(name) and start again")
    }
}
