import Crypto
import CryptoExtras
import Foundation

/// An SSHSIG signature, taken apart: what `ssh-keygen -Y sign` makes, and git puts into commits.
package struct SSHSignature: Hashable, Sendable {
    package enum Hash: String, Hashable, Sendable { case sha256, sha512 }

    package let key: SSHPublicKey
    package let namespace: String
    let reserved: [UInt8]
    package let hash: Hash
    /// The signature proper: its algorithm, and what that made.
    let algorithm: String
    let value: [UInt8]
    /// Of a security key: what its user did, and how often it has signed.
    let flags: UInt8
    let counter: UInt32

    package static let textBytesMax = 32 << 10
    static let beginLine = "-----BEGIN SSH SIGNATURE-----"
    static let endLine = "-----END SSH SIGNATURE-----"
    private static let magic = Array("SSHSIG".utf8)

    /// Reads the armoured text.
    package init(armoured text: some Sequence<UInt8>) throws(SignatureFormatError) {
        try self.init(blob: try Self.body(of: Array(text)))
    }

    private static func body(of text: [UInt8]) throws(SignatureFormatError) -> [UInt8] {
        guard text.count <= textBytesMax else { throw SignatureFormatError("the signature is too long") }
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
        guard lines.count >= 3, lines.removeFirst() == beginLine, lines.removeLast() == endLine,
            let data = Data(base64Encoded: lines.joined())
        else { throw SignatureFormatError("it is no whole armoured SSH signature") }
        return Array(data)
    }

    package init(blob: [UInt8]) throws(SignatureFormatError) {
        var fields = SSHFields(blob)
        guard try fields.take(Self.magic.count) == Self.magic, try fields.number() == 1 else {
            throw SignatureFormatError("it is no SSHSIG signature of version 1")
        }
        key = try SSHPublicKey(blob: try fields.string())
        namespace = try fields.text()
        reserved = try fields.string()
        let hashName = try fields.text()
        guard let hash = Hash(rawValue: hashName) else {
            throw SignatureFormatError("the hash \(hashName.prefix(32)) is not one of sha256 and sha512")
        }
        self.hash = hash
        var inner = SSHFields(try fields.string())
        try fields.end()
        algorithm = try inner.text()
        value = try inner.string()
        switch key.kind {
        case .skEd25519, .skECDSA:
            flags = try inner.take(1).first ?? 0
            counter = try inner.number()
        case .ed25519, .ecdsa, .rsa: (flags, counter) = (0, 0)
        }
        try inner.end()
        try checkAlgorithm()
    }

    /// The key's own algorithm and no other; of RSA those without SHA-1.
    private func checkAlgorithm() throws(SignatureFormatError) {
        let allowed: [String] =
            switch key.kind {
            case .ed25519: ["ssh-ed25519"]
            case .ecdsa(let curve, _): ["ecdsa-sha2-\(curve.rawValue)"]
            case .rsa: ["rsa-sha2-512", "rsa-sha2-256"]
            case .skEd25519: ["sk-ssh-ed25519@openssh.com"]
            case .skECDSA: ["sk-ecdsa-sha2-nistp256@openssh.com"]
            }
        guard allowed.contains(algorithm) else {
            throw SignatureFormatError(
                "the signature algorithm \(algorithm.prefix(64)) is not \(allowed.joined(separator: " or "))")
        }
    }

    /// What was signed when `message` was: a text that names the purpose, and the message's hash.
    private func signedBytes(of message: [UInt8]) -> [UInt8] {
        var signed = Self.magic
        signed.appendString(namespace.utf8)
        signed.appendString(reserved)
        signed.appendString(hash.rawValue.utf8)
        switch hash {
        case .sha256: signed.appendString(Array(SHA256.hash(data: message)))
        case .sha512: signed.appendString(Array(SHA512.hash(data: message)))
        }
        return signed
    }

    /// Whether the key in the signature made it over this message. Says nothing of whose key that is.
    package func isValid(for message: [UInt8]) -> Bool {
        let signed = signedBytes(of: message)
        switch key.kind {
        case .ed25519(let bytes): return Self.isEdwards(value, bytes, signed)
        case .ecdsa(let curve, let point): return Self.isECDSA(value, curve, point, signed)
        case .rsa(let modulus, let exponent): return isRSA(modulus, exponent, signed)
        case .skEd25519(let bytes, let application):
            return isTouched && Self.isEdwards(value, bytes, securityKeyBytes(application, signed))
        case .skECDSA(let point, let application):
            return isTouched && Self.isECDSA(value, .p256, point, securityKeyBytes(application, signed))
        }
    }

    /// A security key says whether somebody touched it; one that nobody did proves nobody's presence.
    private var isTouched: Bool { flags & 1 == 1 }

    private func securityKeyBytes(_ application: [UInt8], _ signed: [UInt8]) -> [UInt8] {
        var bytes = Array(SHA256.hash(data: application))
        bytes.append(flags)
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: counter >> shift)) }
        return bytes + Array(SHA256.hash(data: signed))
    }

    private static func isEdwards(_ value: [UInt8], _ key: [UInt8], _ signed: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
        return key.isValidSignature(value, for: signed)
    }

    /// OpenSSH writes the two numbers of such a signature as numbers; the library wants them side by side.
    private static func isECDSA(
        _ value: [UInt8], _ curve: SSHPublicKey.Curve, _ point: [UInt8], _ signed: [UInt8]
    ) -> Bool {
        let width = curve.coordinateBytes
        var fields = SSHFields(value)
        guard let r = try? fields.positive(bytesMax: width), let s = try? fields.positive(bytesMax: width),
            fields.isAtEnd
        else { return false }
        let raw = r.padded(to: width) + s.padded(to: width)
        switch curve {
        case .p256:
            guard let key = try? P256.Signing.PublicKey(x963Representation: point),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: raw)
            else { return false }
            return key.isValidSignature(signature, for: signed)
        case .p384:
            guard let key = try? P384.Signing.PublicKey(x963Representation: point),
                let signature = try? P384.Signing.ECDSASignature(rawRepresentation: raw)
            else { return false }
            return key.isValidSignature(signature, for: signed)
        case .p521:
            guard let key = try? P521.Signing.PublicKey(x963Representation: point),
                let signature = try? P521.Signing.ECDSASignature(rawRepresentation: raw)
            else { return false }
            return key.isValidSignature(signature, for: signed)
        }
    }

    private func isRSA(_ modulus: [UInt8], _ exponent: [UInt8], _ signed: [UInt8]) -> Bool {
        guard value.count <= modulus.count,
            let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent)
        else { return false }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: value.padded(to: modulus.count))
        if algorithm == "rsa-sha2-256" {
            return key.isValidSignature(
                signature, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
        }
        return key.isValidSignature(signature, for: SHA512.hash(data: signed), padding: .insecurePKCS1v1_5)
    }
}
