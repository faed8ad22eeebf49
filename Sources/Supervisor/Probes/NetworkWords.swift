import Glibc
import NIOCore
import NIOSSL

/// Errors of connections, for people.
enum NetworkWords {
    private static let textMax = 200

    /// What a library calls it → what it means to whoever has to act on it.
    private static let known = [
        ("ECONNREFUSED", "connection refused"), ("Connection refused", "connection refused"),
        ("Connection reset", "connection reset"),
        ("WRONG_VERSION_NUMBER", "the server does not speak TLS"),
        (
            "CERTIFICATE_VERIFY_FAILED",
            "the certificate is not trusted (set tls.ca, or tls.verify: false)"
        ),
        ("unableToValidateCertificate", "the certificate is not trusted (set tls.ca, or tls.verify: false)"),
        ("StreamClosed", "the server reset the call without an answer"),
        ("closed channel", "the connection was closed before an answer"),
        ("remoteConnectionClosed", "the connection was closed before an answer"),
        ("UncleanShutdown", "the connection was closed before an answer"),
        ("uncleanShutdown", "the connection was closed before an answer"),
    ]

    static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode != ECONNREFUSED:
            return SystemError.text(error.errnoCode)
        case NIOSSLError.noSuchFilesystemObject: return "there is no such file of certificates"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "the certificate is of another name (set tls.serverName)"
        case ChannelError.eof: return "the connection was closed before an answer"
        default: break
        }
        let text = "\(error)"
        return known.first { text.contains($0.0) }?.1 ?? String(text.prefix(textMax))
    }
}
