import Testing

@testable import Reconciler

struct SHA256Tests {
    /// The examples of FIPS 180-4 and NIST's short messages.
    static let vectors: [(text: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ]

    @Test("gives the digests that NIST gives", arguments: vectors)
    func vector(_ vector: (text: String, digest: String)) {
        #expect(SHA256.hex(vector.text) == vector.digest)
    }

    @Test("a million times a")
    func long() {
        var hash = SHA256()
        let block = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        for _ in 0..<100 { hash.update(block) }
        #expect(hash.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("padding is right at every length around a block")
    func padding() {
        // Computed by coreutils' sha256sum over that many zero bytes.
        let known = [
            55: "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7",
            56: "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb",
            63: "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971",
            64: "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b",
        ]
        for (count, digest) in known {
            var hash = SHA256()
            hash.update([UInt8](repeating: 0, count: count))
            #expect(hash.finish() == digest, "\(count) bytes")
        }
    }

    @Test("framing keeps sequences of texts apart")
    func framing() {
        func digest(_ texts: [String]) -> String {
            var hash = SHA256()
            for text in texts { hash.updateFramed(text) }
            return hash.finish()
        }
        #expect(digest(["ab", "c"]) != digest(["a", "bc"]))
        #expect(digest(["", "a"]) != digest(["a", ""]))
    }
}
