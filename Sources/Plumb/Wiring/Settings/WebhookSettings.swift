import Foundation
import Manifests

/// The block `webhook` of the host's settings: a socket on which a forge may say that something was pushed.
struct WebhookSettings {
    /// `0.0.0.0:7421`.
    var listen: String
    var secretFile: String

    static let keys: Set<String> = ["webhook", "webhook.listen", "webhook.secretFile"]

    /// Nil where there is none.
    init?(_ file: AgentFile, source: SourceSettings) throws {
        guard file.has("webhook") else { return nil }
        guard source.isRemote else {
            throw file.fault(
                "webhook",
                "webhook is for a repository elsewhere; of this one the kernel tells every change",
                remedy: "take it out")
        }
        guard let listen = try file.text("webhook.listen"), let secret = try file.text("webhook.secretFile")
        else {
            throw file.fault(
                "webhook", "webhook needs a listen and a secretFile",
                remedy: "write it as webhook: {listen: \"0.0.0.0:7421\", secretFile: /etc/plumb/webhook}")
        }
        guard Self.isAddress(listen) else {
            throw file.fault(
                "webhook.listen", "webhook.listen: \(listen) is no numeric address with a port",
                remedy: "write it as \"0.0.0.0:7421\", \"[::]:7421\" or \"127.0.0.1:7421\"")
        }
        guard secret.hasPrefix("/") else {
            throw file.fault("webhook.secretFile", "webhook.secretFile must be an absolute path")
        }
        self.listen = listen
        secretFile = secret
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), UInt16(text[text.index(after: colon)...]) != nil else {
            return false
        }
        let host = String(text[..<colon])
        var bytes = in6_addr()
        if host.hasPrefix("["), host.hasSuffix("]") {
            return inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &bytes) == 1
        }
        return inet_pton(AF_INET, host, &bytes) == 1
    }
}
