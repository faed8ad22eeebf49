import Crypto
import CryptoExtras
import Foundation

/// A public key as OpenSSH writes it. Only kinds that can be verified here can be made.
package struct SSHPublicKey: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case ed25519([UInt8])
        case ecdsa(Curve, point: [UInt8])
        case rsa(modulus: [UInt8], exponent: [UInt8])
        /// The same two on a security key, which signs for an application that the key names.
        case skEd25519([UInt8], application: [UInt8])
        case skECDSA(point: [UInt8], application: [UInt8])
    }

    enum Curve: String, Hashable, Sendable {
        case p256 = "nistp256"
        case p384 = "nistp384"
        case p521 = "nistp521"

        var coordinateBytes: Int {
            switch self {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }
    }

    let kind: Kind
    /// The key as it travels, its type's name included.
    let blob: [UInt8]

    static let rsaBitsMin = 2048
    private static let rsaBitsMax = 16384
    static let blobBytesMax = 8 << 10

    init(blob: [UInt8]) throws(SignatureFormatError) {
        guard blob.count <= Self.blobBytesMax else { throw SignatureFormatError("the key is too long") }
        var fields = SSHFields(blob)
        let type = try fields.text()
        switch type {
        case "ssh-ed25519": kind = .ed25519(try Self.edwards(&fields))
        case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
            let curve = try Self.curve(&fields, of: type)
            kind = .ecdsa(curve, point: try fields.string())
        case "ssh-rsa":
            let exponent = try fields.positive(bytesMax: 8)
            kind = .rsa(modulus: try Self.modulus(&fields), exponent: exponent)
        case "sk-ssh-ed25519@openssh.com":
            kind = .skEd25519(try Self.edwards(&fields), application: try fields.string())
        case "sk-ecdsa-sha2-nistp256@openssh.com":
            guard try fields.text() == Curve.p256.rawValue else {
                throw SignatureFormatError("the curve of the key is not that of its type")
            }
            kind = .skECDSA(point: try fields.string(), application: try fields.string())
        default: throw Self.unsupported(type)
        }
        try fields.end()
        self.blob = blob
    }

    private static func edwards(_ fields: inout SSHFields) throws(SignatureFormatError) -> [UInt8] {
        let key = try fields.string()
        guard key.count == 32 else { throw SignatureFormatError("an ed25519 key has 32 bytes") }
        return key
    }

    private static func curve(
        _ fields: inout SSHFields, of type: String
    ) throws(SignatureFormatError) -> Curve {
        guard let curve = Curve(rawValue: try fields.text()), type.hasSuffix(curve.rawValue) else {
            throw SignatureFormatError("the curve of the key is not that of its type")
        }
        return curve
    }

    private static func modulus(_ fields: inout SSHFields) throws(SignatureFormatError) -> [UInt8] {
        let modulus = try fields.positive(bytesMax: rsaBitsMax / 8)
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard bits >= rsaBitsMin else {
            throw SignatureFormatError(
                "an RSA key of \(bits) bits is too short; \(rsaBitsMin) is the least")
        }
        return modulus
    }

    private static func unsupported(_ type: String) -> SignatureFormatError {
        if type.contains("-cert-v01@") {
            return SignatureFormatError("\(type) is a certificate, and certificates are not supported")
        }
        return SignatureFormatError("keys of the type \(type.prefix(64)) are not supported")
    }

    /// Reads `ssh-ed25519 AAAA…`, the two words of a public key file.
    init(type: String, base64: String) throws(SignatureFormatError) {
        try self.init(blob: try Self.blob(type: type, base64: base64))
    }

    /// The bytes of a key of any type, which may be one that cannot be verified here.
    static func blob(type: String, base64: String) throws(SignatureFormatError) -> [UInt8] {
        guard let data = Data(base64Encoded: base64) else {
            throw SignatureFormatError("the key is not base64")
        }
        var fields = SSHFields(data)
        guard (try? fields.text()) == type else {
            throw SignatureFormatError("the key is not of the type \(type.prefix(64)) that stands before it")
        }
        return Array(data)
    }

    /// `SHA256:…`, as ssh-keygen -l prints it.
    package var fingerprint: String { Self.fingerprint(ofBlob: blob) }

    static func fingerprint(ofBlob blob: [UInt8]) -> String {
        let digest = Data(SHA256.hash(data: blob)).base64EncodedString()
        return "SHA256:" + digest.prefix { $0 != "=" }
    }
}
