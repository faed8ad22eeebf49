import Manifests

/// Why the bytes of a time zone cannot be used.
package enum TimeZoneFileError: Error, Sendable, Hashable {
    case notTimeZone, truncated, tooLarge, damaged
    /// Zones of `right/` count leap seconds, and no clock of a Linux host does.
    case countsLeapSeconds
    case badRule(String)
}

extension TimeZoneRules {
    /// The compiled form of a zone (TZif, RFC 8536), as the system's tzdata has it.
    package init(tzif bytes: [UInt8]) throws(TimeZoneFileError) {
        var reader = TimeZoneFileReader(bytes: bytes)
        self = try reader.read()
    }
}

/// Reads TZif, versions 1 to 4.
struct TimeZoneFileReader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The largest file of tzdata has 4 KiB.
    static let bytesMax = 256 * 1_024

    private struct Header {
        var version: UInt8
        var isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt: Int

        func bodyBytes(_ timeBytes: Int) -> Int {
            timecnt * timeBytes + timecnt + typecnt * 6 + charcnt + leapcnt * (timeBytes + 4) + isstdcnt
                + isutcnt
        }
    }

    mutating func read() throws(TimeZoneFileError) -> TimeZoneRules {
        guard bytes.count <= Self.bytesMax else { throw .tooLarge }
        let first = try header()
        guard first.version >= UInt8(ascii: "2") else {
            // Without a rule for later years: what holds last holds for ever.
            let (initial, changes) = try body(first, timeBytes: 4)
            return TimeZoneRules(initial: initial, changes)
        }
        position += first.bodyBytes(4)
        let (initial, changes) = try body(try header(), timeBytes: 8)
        let rule = try footer()
        let known = changes.last?.at ?? .min
        let later = rule.changes(through: TimePattern.yearMax).filter { $0.at > known }
        return TimeZoneRules(initial: changes.isEmpty ? rule.standard : initial, changes + later)
    }

    private mutating func header() throws(TimeZoneFileError) -> Header {
        guard bytes.count >= position + 44 else { throw position == 0 ? .notTimeZone : .truncated }
        guard bytes[position..<position + 4].elementsEqual("TZif".utf8) else { throw .notTimeZone }
        let version = bytes[position + 4]
        position += 20
        let header = Header(
            version: version, isutcnt: count(), isstdcnt: count(), leapcnt: count(), timecnt: count(),
            typecnt: count(), charcnt: count())
        guard header.leapcnt == 0 else { throw .countsLeapSeconds }
        guard (1...256).contains(header.typecnt), header.timecnt <= Self.bytesMax else { throw .damaged }
        return header
    }

    private mutating func body(
        _ header: Header, timeBytes: Int
    ) throws(TimeZoneFileError) -> (Int32, [(at: Int64, offset: Int32)]) {
        guard bytes.count - position >= header.bodyBytes(timeBytes) else { throw .truncated }
        var times: [Int64] = []
        for _ in 0..<header.timecnt { times.append(integer(timeBytes)) }
        let kinds = Array(bytes[position..<position + header.timecnt])
        position += header.timecnt
        var offsets: [Int32] = []
        for _ in 0..<header.typecnt {
            let offset = integer(4)
            position += 2
            guard abs(offset) <= TimeZoneRules.offsetMax else { throw .damaged }
            offsets.append(Int32(offset))
        }
        position += header.charcnt + header.isstdcnt + header.isutcnt
        guard zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }),
            kinds.allSatisfy({ Int($0) < offsets.count })
        else { throw .damaged }
        return (offsets[0], zip(times, kinds).map { (at: $0, offset: offsets[Int($1)]) })
    }

    /// The rule for what comes after the last change stands between two line feeds; it may be empty.
    private func footer() throws(TimeZoneFileError) -> TimeZoneRule {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\n"),
            let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { throw .truncated }
        let text = bytes[position + 1..<end]
        if text.isEmpty { return TimeZoneRule(standard: 0, summer: nil) }
        guard let rule = TimeZoneRule(text) else { throw .badRule(String(decoding: text, as: UTF8.self)) }
        return rule
    }

    private mutating func count() -> Int { Int(UInt32(truncatingIfNeeded: integer(4))) }

    /// Big-endian, signed. Whoever calls has made sure that the bytes are there.
    private mutating func integer(_ count: Int) -> Int64 {
        var value: Int64 = bytes[position] & 0x80 == 0 ? 0 : -1
        for byte in bytes[position..<position + count] { value = value << 8 | Int64(byte) }
        position += count
        return value
    }
}
