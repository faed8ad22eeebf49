/// A commit's own bytes, with its signature and what was signed taken apart as git does it.
package struct CommitObject: Hashable, Sendable {
    package let id: ObjectID
    /// Seconds since 1970, as whoever committed says.
    package let committed: Int64
    package let committerEmail: String
    /// `Ann <ann@example.org>`.
    package let author: String
    /// What stands in `gpgsig`; nil where nothing does.
    let signature: [UInt8]?
    /// How many such headers there are.
    let signatureCount: Int
    /// The commit without its signature: what was signed.
    let payload: [UInt8]

    /// Of a name that is shown.
    private static let nameMax = 200

    /// Reads raw bytes; nil if they are no commit.
    package init?(id: ObjectID, bytes: [UInt8]) {
        var headers = CommitHeaders()
        headers.read(bytes)
        guard let committer = headers.committer.flatMap(CommitIdentity.init), let author = headers.author
        else { return nil }
        self.id = id
        committed = committer.time
        committerEmail = committer.email
        self.author = CommitIdentity(author).map { String($0.person.prefix(Self.nameMax)) } ?? "somebody"
        signature = headers.signatureCount > 0 ? headers.signature : nil
        signatureCount = headers.signatureCount
        payload = headers.payload
    }
}

/// `Ann <ann@example.org> 1700000000 +0100`.
struct CommitIdentity {
    let person: String
    let email: String
    let time: Int64

    init?(_ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        guard let close = text.lastIndex(of: ">"),
            let open = text[..<close].lastIndex(of: "<"),
            let seconds = text[text.index(after: close)...].split(separator: " ").first,
            let time = Int64(seconds)
        else { return nil }
        person = String(text[...close])
        email = String(text[text.index(after: open)..<close])
        self.time = time
    }
}

/// Goes through the lines before the message. A header that begins with `gpgsig` is left out of what was
/// signed, with the lines that go on it, exactly as git leaves it out; `gpgsig` itself is the signature.
private struct CommitHeaders {
    var author: [UInt8]?
    var committer: [UInt8]?
    var signature: [UInt8] = []
    var signatureCount = 0
    var payload: [UInt8] = []

    private enum Inside { case nothing, signature, otherSignature }

    mutating func read(_ bytes: [UInt8]) {
        payload.reserveCapacity(bytes.count)
        var inside = Inside.nothing
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: Self.newline).map { $0 + 1 } ?? bytes.endIndex
            let line = bytes[start..<end]
            if line.first == Self.newline {
                payload.append(contentsOf: bytes[start...])
                return
            }
            inside = take(line, inside)
            start = end
        }
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ inside: Inside) -> Inside {
        let goesOn = line.first == UInt8(ascii: " ")
        if goesOn && inside == .signature {
            signature.append(contentsOf: line.dropFirst())
            return .signature
        }
        if goesOn && inside == .otherSignature { return .otherSignature }
        if let value = line.value(of: "gpgsig ") {
            signature.append(contentsOf: value)
            signatureCount += 1
            return .signature
        }
        if line.starts(with: "gpgsig".utf8) { return .otherSignature }
        payload.append(contentsOf: line)
        note(line)
        return .nothing
    }

    private mutating func note(_ line: ArraySlice<UInt8>) {
        let line = line.last == Self.newline ? line.dropLast() : line
        if let value = line.value(of: "author "), author == nil {
            author = Array(value)
        } else if let value = line.value(of: "committer "), committer == nil {
            committer = Array(value)
        }
    }

    private static let newline = UInt8(ascii: "\n")
}

extension ArraySlice<UInt8> {
    fileprivate func value(of header: String) -> ArraySlice<UInt8>? {
        starts(with: header.utf8) ? dropFirst(header.utf8.count) : nil
    }
}
