import Crypto
import Foundation
package import Reconciler

/// One request to a forge, as a value: what is sent is decided here and nowhere else.
package struct ForgeRequest: Sendable, Hashable {
    package var url: String
    package var headers: [String: String]
    package var body: String

    /// What GitHub takes as a description; the others take more.
    static let descriptionMax = 140

    package init(
        _ report: CommitReport, to target: ForgeTarget, node: String, token: String?, secret: String?
    ) throws {
        headers = ["Content-Type": "application/json", "User-Agent": "plumb"]
        let commit = report.revision.id.hex
        let text = Self.shortened(report.message, to: Self.descriptionMax)
        let fields: [String: String]
        switch target.kind {
        case .github:
            url = "\(target.url)/statuses/\(commit)"
            headers["Accept"] = "application/vnd.github+json"
            headers["Authorization"] = token.map { "Bearer \($0)" }
            fields = ["state": report.state.rawValue, "context": target.context, "description": text]
        case .gitea:
            url = "\(target.url)/statuses/\(commit)"
            headers["Authorization"] = token.map { "token \($0)" }
            fields = ["state": report.state.rawValue, "context": target.context, "description": text]
        case .gitlab:
            url = "\(target.url)/statuses/\(commit)"
            headers["PRIVATE-TOKEN"] = token
            let state = report.state == .failure ? "failed" : report.state.rawValue
            fields = [
                "state": state, "name": target.context, "description": text, "ref": report.revision.ref,
            ]
        case .webhook:
            url = target.url
            headers["Authorization"] = token.map { "Bearer \($0)" }
            fields = [
                "apiVersion": "plumb.dev/v1", "kind": "CommitStatus", "node": node, "context": target.context,
                "commit": commit, "ref": report.revision.ref, "author": report.revision.author,
                "subject": report.revision.subject, "state": report.state.rawValue, "reason": report.reason,
                "message": report.message,
            ]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = try encoder.encode(fields)
        body = String(decoding: bytes, as: UTF8.self)
        if let secret, target.kind == .webhook {
            let code = HMAC<Crypto.SHA256>.authenticationCode(
                for: bytes, using: SymmetricKey(data: Data(secret.utf8)))
            headers["X-Plumb-Signature-256"] = "sha256=" + code.map(Self.hex).joined()
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }

    private static func shortened(_ text: String, to max: Int) -> String {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.count <= max ? line : line.prefix(max - 1) + "…"
    }
}
