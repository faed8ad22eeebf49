import Glibc

/// `node.address`: what discovery tells others to connect to.
enum NodeAddress {
    /// A numeric address or a host's name, without a port.
    static func checked(_ text: String?, _ file: AgentFile) throws -> String? {
        guard let text else { return nil }
        let isName =
            (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                (1...63).contains(part.utf8.count) && part.first != "-" && part.last != "-"
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            }
        guard isName || isNumeric(text) else {
            throw file.fault(
                "node.address", "node.address: '\(text)' is no address",
                remedy:
                    "write an address or a host's name without a port, such as 10.0.0.5 or edge-1.example.org"
            )
        }
        return text
    }

    private static func isNumeric(_ text: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }
}
