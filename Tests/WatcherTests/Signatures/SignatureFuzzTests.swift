import Foundation
import TestKit
import Testing
import Watcher

/// Bytes that nobody sane would write. The seed is printed where something fails.
@Suite struct SignatureFuzzTests {
    private static let seed = UInt64.random(in: 0..<1 << 32)

    @Test("No change to a signature or its message is overlooked, and none crashes the verifier")
    func signatures() throws {
        let keys = try SigningKeys()
        let text = "tree 0\n\nmessage\n"
        var random = SeededRandom(seed: Self.seed)
        for kind in ["-t ed25519", "-t ecdsa -b 521", "-t rsa -b 2048"] {
            let name = "key-" + kind.filter { $0.isLetter || $0.isNumber }
            try keys.make(name, kind)
            let armoured = try keys.sign(text, with: name)
            let blob = try Self.blob(of: armoured)
            let original = try SSHSignature(blob: blob)
            try #require(original.isValid(for: Array(text.utf8)))
            for _ in 0..<400 {
                let changed = Self.mutated(blob, &random)
                guard changed != blob, let parsed = try? SSHSignature(blob: changed) else { continue }
                #expect(!parsed.isValid(for: Array(text.utf8)), "seed \(Self.seed): \(kind)")
            }
            for _ in 0..<200 { _ = try? SSHSignature(armoured: Self.mutated(armoured, &random)) }
            for _ in 0..<50 {
                let other = Self.mutated(Array(text.utf8), &random)
                guard other != Array(text.utf8) else { continue }
                #expect(!original.isValid(for: other), "seed \(Self.seed): \(kind)")
            }
        }
    }

    @Test("No commit that is cut, doubled or scrambled crashes the reading of it") func commits() throws {
        let id = try #require(ObjectID(String(repeating: "1", count: 40)))
        let sound = Array(
            """
            tree \(String(repeating: "a", count: 40))
            parent \(String(repeating: "b", count: 40))
            author Ann <ann@example.org> 1700000000 +0100
            committer Ann <ann@example.org> 1700000000 +0100
            gpgsig -----BEGIN SSH SIGNATURE-----
             AAAA
             -----END SSH SIGNATURE-----

            message

            """.utf8)
        try #require(CommitObject(id: id, bytes: sound) != nil)
        var random = SeededRandom(seed: Self.seed)
        for _ in 0..<3000 { _ = CommitObject(id: id, bytes: Self.mutated(sound, &random)) }
    }

    @Test("What is made of random words means to Plumb no more than to ssh-keygen") func allowedSigners()
        throws
    {
        let keys = try SigningKeys()
        let (key, other) = (try keys.make("key"), try keys.make("other"))
        let signature = try keys.sign("text", with: "key")
        var random = SeededRandom(seed: Self.seed)
        let words = [
            "ann@example.org", "*@example.org", "!ann@example.org", "bob", "\"ann@example.org\"", "ann*,bob",
            "namespaces=\"git\"", "namespaces=\"file\"", "valid-after=\"20250101\"",
            "valid-before=\"20250101\"",
            "namespaces=\"git\",valid-before=\"20300101Z\"", "cert-authority", ",", "\"", "=", "#", "\\\"",
            "\t",
            "valid-after=\"\"", "namespaces=\"gi\\\"t\"", "ssh-ed25519", "ssh-rsa", key, key, key, other,
        ]
        var (accepted, tried) = (0, 0)
        for _ in 0..<120 {
            var line = "ann@example.org " + (random.once(in: 2) ? "" : "namespaces=\"git\" ") + key
            if !random.once(in: 8) {
                line = (0..<random.number(1...4)).compactMap { _ in random.pick(words) }.joined(
                    separator: random.once(in: 5) ? "" : " ")
            }
            tried += 1
            guard SigningKeys.verdict("text", signature, allowed: line + "\n") else { continue }
            accepted += 1
            #expect(
                try keys.oracle("text", signature, allowed: line + "\n"), "seed \(Self.seed): \(line)")
        }
        #expect(accepted > 0, "seed \(Self.seed): none of \(tried) lines allowed anything")
    }

    private static func blob(of armoured: [UInt8]) throws -> [UInt8] {
        let lines = String(decoding: armoured, as: UTF8.self).split(separator: "\n").dropFirst().dropLast()
        return Array(try #require(Data(base64Encoded: lines.joined())))
    }

    /// A few bytes changed, taken away, put in or moved.
    private static func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(1...3) where !bytes.isEmpty {
            let place = random.number(0...bytes.count - 1)
            switch random.number(0...4) {
            case 0: bytes[place] ^= 1 << UInt8(random.number(0...7))
            case 1: bytes[place] = UInt8(random.number(0...255))
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(random.number(0...255)), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }
}
