/// A file of armoured OpenPGP keys, as far as one can tell without gpg.
enum ArmouredKeys {
    private static let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"

    static func areIn(_ bytes: [UInt8]) -> Bool { String(decoding: bytes, as: UTF8.self).contains(begin) }

    /// The first line that is an SSH key: gpg would pass over it, and somebody may rely on it.
    static func lineWithSSHKey(_ bytes: [UInt8]) -> Int? {
        bytes.lines.firstIndex { line in
            guard line.first != UInt8(ascii: "#") else { return false }
            return line.split { $0 == 32 || $0 == 9 }.contains { word in
                AllowedSignersLine.keyTypes.contains(String(decoding: word, as: UTF8.self))
            }
        }.map { $0 + 1 }
    }
}
