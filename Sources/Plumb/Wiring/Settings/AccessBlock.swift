import Foundation
import Manifests
import StatusAPI

/// `status` of the settings file: where the endpoint listens, and who is let in.
struct AccessBlock {
    /// `127.0.0.1:7420`.
    var listen: String
    var rules: AccessRules
    var tls: TLSFiles?
    /// `tls: off`: something else encrypts the way.
    var allowsClear = false

    var scheme: String { tls == nil ? "http" : "https" }

    static let keys: Set<String> = [
        "status", "status.listen", "status.tls", "status.tls.certificate", "status.tls.key", "status.tokens",
        "status.anonymous", "status.allowedHosts", "status.rateLimit", "status.rateLimit.perSecond",
        "status.rateLimit.burst",
    ]
    static let listenDefault = "127.0.0.1:7420"

    private static let tokensMax = 64
    private static let hostsMax = 64
    private static let tokenKeys: Set<String> = ["name", "sha256", "scopes"]

    /// - Parameter given: what a flag or a variable says of the address.
    init(_ file: AgentFile, listen given: String?, node: String) throws {
        listen = try given ?? file.text("status.listen") ?? Self.listenDefault
        let tokens = try Self.tokens(file)
        var anonymous: Set<Scope>?
        if file.has("status.anonymous") {
            anonymous = try Self.scopes(file, try file.texts("status.anonymous"), at: "status.anonymous")
        }
        rules = AccessRules(
            tokens: tokens, anonymous: anonymous,
            hosts: try Self.hosts(file).union([node.lowercased()]), rate: try Self.rate(file))
        switch file.value("status.tls") {
        case nil: break
        case .string("off")?, .bool(false)?: allowsClear = true
        case .object?: tls = try Self.tls(file)
        default:
            throw file.fault(
                "status.tls", "status.tls is a certificate and a key, or off",
                remedy: "write it as tls: {certificate: /etc/plumb/tls.pem, key: /etc/plumb/tls.key}")
        }
    }

    /// Those of a settings file as it is now.
    static func tokens(in path: String) throws -> [AccessToken] { try tokens(try AgentFile(named: path)) }

    private static func tls(_ file: AgentFile) throws -> TLSFiles {
        func path(_ key: String) throws -> String {
            guard let path = try file.text("status.tls.\(key)") else {
                throw file.fault("status.tls", "status.tls needs a certificate and a key: \(key) is missing")
            }
            guard path.hasPrefix("/") else {
                throw file.fault("status.tls.\(key)", "status.tls.\(key) must be an absolute path")
            }
            return path
        }
        return TLSFiles(certificate: try path("certificate"), key: try path("key"))
    }

    private static func tokens(_ file: AgentFile) throws -> [AccessToken] {
        let items = try file.objects("status.tokens")
        guard items.count <= tokensMax else {
            throw file.fault(
                "status.tokens", "status.tokens has \(items.count) entries; \(tokensMax) at most")
        }
        var tokens: [AccessToken] = []
        for (index, item) in items.enumerated() {
            let path = "status.tokens[\(index)]"
            let token = try token(file, item, path)
            guard !tokens.contains(where: { $0.name == token.name }) else {
                throw file.fault("\(path).name", "two tokens are called '\(token.name)'")
            }
            guard !tokens.contains(where: { $0.hash == token.hash }) else {
                throw file.fault("\(path).sha256", "\(token.name) is the same token as another one")
            }
            tokens.append(token)
        }
        return tokens
    }

    private static func token(
        _ file: AgentFile, _ item: [String: ConfigValue], _ path: String
    ) throws -> AccessToken {
        for key in item.keys.sorted() where !tokenKeys.contains(key) {
            throw file.fault("\(path).\(key)", "unknown setting \(path).\(key)")
        }
        guard case .string(let name)? = item["name"], TokenName.isValid(name) else {
            throw file.fault(item["name"] == nil ? path : "\(path).name", "\(path): \(TokenName.rule)")
        }
        guard case .string(let hash)? = item["sha256"], hash.utf8.count == 64,
            hash.allSatisfy({ $0.isASCII && $0.isHexDigit })
        else {
            throw file.fault(
                item["sha256"] == nil ? path : "\(path).sha256",
                "\(path).sha256 is the SHA-256 of the token, 64 hexadecimal digits in quotes",
                remedy: "let `plumb token \(name)` make a token, and take over the line that it prints")
        }
        guard case .array(let words)? = item["scopes"] else {
            throw file.fault(
                item["scopes"] == nil ? path : "\(path).scopes",
                "\(path).scopes is a list of status, logs, metrics")
        }
        let texts = words.map { if case .string(let text) = $0 { text } else { "" } }
        return AccessToken(
            name: name, hash: hash.lowercased(),
            scopes: try scopes(file, texts, at: "\(path).scopes", isEmptyAllowed: false))
    }

    private static func scopes(
        _ file: AgentFile, _ words: [String], at path: String, isEmptyAllowed: Bool = true
    ) throws -> Set<Scope> {
        var scopes = Set<Scope>()
        for word in words {
            guard let scope = Scope(rawValue: word), scope != .open else {
                throw file.fault(path, "\(path): '\(word)' is none of status, logs, metrics")
            }
            scopes.insert(scope)
        }
        guard isEmptyAllowed || !scopes.isEmpty else {
            throw file.fault(path, "\(path) is empty: a token that allows nothing is of no use")
        }
        return scopes
    }

    private static func hosts(_ file: AgentFile) throws -> Set<String> {
        let path = "status.allowedHosts"
        let names = try file.texts(path)
        guard names.count <= hostsMax else { throw file.fault(path, "\(path): \(hostsMax) at most") }
        for name in names {
            let isPlain = name.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "-.[]:_".contains($0))
            }
            guard isPlain, !name.isEmpty, !name.contains("://"), !hasPort(name) else {
                throw file.fault(
                    path, "\(path): '\(name)' is no host name",
                    remedy: "write names alone, without scheme, port or *: plumb.example.org")
            }
        }
        return Set(names.map { $0.lowercased() })
    }

    private static func hasPort(_ name: String) -> Bool {
        guard !name.hasSuffix("]"), let colon = name.lastIndex(of: ":") else { return false }
        return name[name.index(after: colon)...].allSatisfy(\.isNumber)
    }

    private static func rate(_ file: AgentFile) throws -> RequestRate {
        var rate = RequestRate()
        func number(_ key: String) throws -> Double? {
            let path = "status.rateLimit.\(key)"
            guard let value = file.value(path) else { return nil }
            let number: Double? =
                switch value {
                case .int(let whole): Double(whole)
                case .double(let number): number
                default: nil
                }
            guard let number, number >= 1, number <= 1_000_000 else {
                throw file.fault(path, "\(path) is a number of requests, from 1 to 1000000")
            }
            return number
        }
        rate.perSecond = try number("perSecond") ?? rate.perSecond
        rate.burst = try number("burst") ?? max(rate.burst, rate.perSecond)
        return rate
    }
}

/// What tokens are called in settings, metrics and messages.
enum TokenName {
    static let rule = "the name of a token is 1 to 64 of a-z, 0-9, '.', '_' and '-'"

    static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2E, 0x5F, 0x2D].contains($0)
            }
    }
}
