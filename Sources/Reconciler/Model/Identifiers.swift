/// `web/0`.
package struct ReplicaID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var instance: String
    package var index: Int

    package init(instance: String, index: Int) {
        self.instance = instance
        self.index = index
    }

    package var description: String { "\(instance)/\(index)" }

    package static func < (a: ReplicaID, b: ReplicaID) -> Bool {
        a.instance == b.instance ? a.index < b.index : a.instance < b.instance
    }

    /// Reads `web/0`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let index = Int(parts[1]), index >= 0 else { return nil }
        self.init(instance: String(parts[0]), index: index)
    }
}

/// A place for one live run of a replica. Every replica has two: its own run is in one of them, and where the
/// next run comes before the last one goes (surge, blue-green), it begins in the other.
package struct SlotID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var replica: ReplicaID
    /// nil, never false: the first. Optional, so that what an earlier version stored is read.
    private var second: Bool?

    package init(replica: ReplicaID, isSecond: Bool = false) {
        self.replica = replica
        second = isSecond ? true : nil
    }

    package init(instance: String, index: Int, isSecond: Bool = false) {
        self.init(replica: ReplicaID(instance: instance, index: index), isSecond: isSecond)
    }

    package var isSecond: Bool { second ?? false }
    /// The replica's other slot.
    package var other: SlotID { SlotID(replica: replica, isSecond: !isSecond) }
    package var instance: String { replica.instance }

    /// `web/0`, and `web/0.2` for the second slot.
    package var description: String { isSecond ? "\(replica).2" : replica.description }

    /// Reads `web/0` and `web/0.2`.
    package init?(_ text: String) {
        let isSecond = text.hasSuffix(".2")
        guard let replica = ReplicaID(isSecond ? String(text.dropLast(2)) : text) else { return nil }
        self.init(replica: replica, isSecond: isSecond)
    }

    /// Added to the index in the name of a second slot's directory; beyond every index. A number, because a
    /// version that knows one slot a replica takes other names for nobody's and ends what runs there by
    /// force; this it takes for a replica that is not declared, and stops it as one.
    private static let secondBase = 10_000

    /// The directory's name under `slots/<instance>/`.
    package var directoryName: String { String(replica.index + (isSecond ? Self.secondBase : 0)) }

    /// nil: no slot has a directory of this name.
    package init?(instance: String, directoryName: some StringProtocol) {
        guard let number = Int(directoryName), number >= 0, String(number) == directoryName else {
            return nil
        }
        let isSecond = number >= Self.secondBase
        self.init(
            instance: instance, index: isSecond ? number - Self.secondBase : number, isSecond: isSecond)
    }

    package static func < (a: SlotID, b: SlotID) -> Bool {
        a.replica == b.replica ? !a.isSecond && b.isSecond : a.replica < b.replica
    }
}

/// One life of one replica's process. Sorts by the time of its claim.
package struct RunID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// 20 lower-case hexadecimal digits: 12 of milliseconds since 1970, 8 of randomness.
    package var text: String

    package init(text: String) { self.text = text }

    package init(milliseconds: UInt64, randomness: UInt32) {
        let time = String(milliseconds & 0xFFFF_FFFF_FFFF, radix: 16)
        let tail = String(randomness, radix: 16)
        text =
            String(repeating: "0", count: 12 - time.count) + time
            + String(repeating: "0", count: 8 - tail.count) + tail
    }

    /// Whether the text is one that `init(milliseconds:randomness:)` makes.
    package var isWellFormed: Bool {
        text.utf8.count == 20 && text.allSatisfy { $0.isASCII && $0.isHexDigit && !$0.isUppercase }
    }

    package var description: String { text }
    package static func < (a: RunID, b: RunID) -> Bool { a.text < b.text }
}

/// Of everything that makes a run what it is. Differs → restart. 64 hexadecimal digits.
package struct StartHash: Hashable, Sendable, Codable, CustomStringConvertible {
    package var hex: String
    package init(hex: String) { self.hex = hex }
    package var description: String { String(hex.prefix(12)) }
}

/// The start hash plus reload and live fields. Keys rollouts, last known good, history. 64 hexadecimal
/// digits.
package struct SpecHash: Hashable, Sendable, Codable, CustomStringConvertible {
    package var hex: String
    package init(hex: String) { self.hex = hex }
    package var description: String { String(hex.prefix(12)) }
}

/// A commit's id, in full.
package struct RevisionID: Hashable, Sendable, Codable, CustomStringConvertible {
    package var hex: String
    package init(hex: String) { self.hex = hex }
    /// Seven digits, as git abbreviates.
    package var description: String { String(hex.prefix(7)) }
}

/// A git commit of the watched ref, as people speak of it.
package struct Revision: Hashable, Sendable, Codable {
    package var id: RevisionID
    /// `main`.
    package var ref: String
    package var authorName: String
    package var authorEmail: String
    package var subject: String
    package var committed: WallTime
    /// Who vouches for it, where this host verifies signatures; nil: nobody was asked to.
    package var signer: Signer?
    /// The plans that its message approves, by their hashes; nil: none.
    package var approves: [String]?

    package init(
        id: RevisionID, ref: String, authorName: String, authorEmail: String, subject: String,
        committed: WallTime, signer: Signer? = nil
    ) {
        self.id = id
        self.ref = ref
        self.authorName = authorName
        self.authorEmail = authorEmail
        self.subject = subject
        self.committed = committed
        self.signer = signer
    }

    /// `main@3f2a9c1`.
    package var short: String { "\(ref)@\(id)" }
    /// `Ann <ann@example.org>`.
    package var author: String { "\(authorName) <\(authorEmail)>" }
    /// `Ann <ann@example.org>, signed by ann@example.org`.
    package var byline: String { author + (signer.map { ", signed by \($0.principal)" } ?? "") }
}

/// Who signed a revision, as the host's own keys files call them.
package struct Signer: Hashable, Sendable, Codable {
    /// Of an SSH key the principal of the allowed-signers file, of an OpenPGP key its user id.
    package var principal: String
    /// `SHA256:…`, or the fingerprint of an OpenPGP key.
    package var key: String

    package init(principal: String, key: String) {
        self.principal = principal
        self.key = key
    }
}
