/// Names of time zones, as the IANA database has them.
package enum TimeZoneName {
    private static let bytesMax = 64

    /// Whether it could be the name of a zone: words of letters, digits, `_`, `+` and `-` with `/` between.
    /// Such a name leads nowhere but down when it is taken for a path. Whether a host has the zone, that host
    /// knows.
    package static func isWellFormed(_ name: String) -> Bool {
        guard name.utf8.count <= bytesMax else { return false }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .allSatisfy { word in
                guard let first = word.first, CalendarScanner.isLetter(first) else { return false }
                return word.allSatisfy { byte in
                    CalendarScanner.isLetter(byte) || CalendarScanner.isDigit(byte)
                        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                }
            }
    }
}
