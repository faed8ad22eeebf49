import Foundation
import Manifests
import Notify

/// `notify` of the settings file: whom to tell how commits stand on this host.
struct NotifyBlock {
    var targets: [ForgeTarget] = []

    private static let known: Set<String> = ["type", "url", "tokenFile", "secretFile", "caFile", "context"]
    private static let targetsMax = 16

    init(_ file: AgentFile, node: String) throws {
        let items = try file.objects("notify")
        guard items.count <= Self.targetsMax else {
            throw file.fault("notify", "notify has \(items.count) entries; \(Self.targetsMax) at most")
        }
        for (index, item) in items.enumerated() {
            let entry = Entry(file: file, path: "notify[\(index)]", values: item)
            for key in item.keys.sorted() where !Self.known.contains(key) {
                throw file.fault(atKey: "notify[\(index)].\(key)", "unknown setting notify[\(index)].\(key)")
            }
            let target = try entry.target(node: node)
            guard !targets.contains(where: { $0.key == target.key }) else {
                throw entry.fault("url", "the same forge is told twice under the same context")
            }
            targets.append(target)
        }
    }

    private struct Entry {
        let file: AgentFile
        let path: String
        let values: [String: ConfigValue]

        func fault(_ key: String, _ message: String) -> CommandFailure {
            file.fault(values[key] == nil ? path : "\(path).\(key)", message)
        }

        func text(_ key: String) throws -> String? {
            switch values[key] {
            case nil: return nil
            case .string(let text)?: return text
            default: throw fault(key, "\(key) must be a text")
            }
        }

        func target(node: String) throws -> ForgeTarget {
            guard let word = try text("type"), let kind = ForgeTarget.Kind(rawValue: word) else {
                let all = ForgeTarget.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw fault("type", "type is one of \(all)")
            }
            var target = ForgeTarget(
                kind: kind, url: try address(), tokenFile: try filePath("tokenFile"),
                secretFile: try filePath("secretFile"), caFile: try filePath("caFile"),
                context: try text("context") ?? "plumb/\(node)")
            while target.url.hasSuffix("/") { target.url.removeLast() }
            if kind == .webhook { return target }
            if target.secretFile != nil {
                throw fault("secretFile", "a forge takes no signed body: secretFile is for webhooks")
            }
            guard target.tokenFile != nil else {
                throw fault(
                    "tokenFile", "\(word) lets nobody set a status without a token: tokenFile is missing")
            }
            return target
        }

        private func filePath(_ key: String) throws -> String? {
            guard let path = try text(key) else { return nil }
            guard path.hasPrefix("/") else { throw fault(key, "\(key) must be an absolute path") }
            return path
        }

        /// Nothing secret goes over a network in the clear.
        private func address() throws -> String {
            guard let text = try text("url"), let url = URL(string: text), let host = url.host(),
                url.user() == nil, url.query() == nil, url.fragment() == nil
            else { throw fault("url", "url is an address such as https://api.github.com/repos/acme/deploy") }
            let isHere = ["localhost", "127.0.0.1", "::1"].contains(host)
            guard url.scheme == "https" || (url.scheme == "http" && isHere) else {
                throw fault(
                    "url", "url must be https, so that nobody on the way reads or changes what is sent")
            }
            return text
        }
    }
}
