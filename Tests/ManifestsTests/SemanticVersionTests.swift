import Testing

@testable import Manifests

@Suite struct SemanticVersionTests {
    /// The order of rule 11 of semver.org, and further pairs.
    static let ascending = [
        "0.0.0", "0.0.1-0", "0.0.1-0.0", "0.0.1", "0.1.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0",
        "2.0.0",
        "2.1.0", "2.1.1", "18446744073709551615.0.0",
    ]

    @Test func precedenceIsThatOfTheSpecification() throws {
        let versions = try Self.ascending.map { try #require(SemanticVersion($0), "\($0)") }
        for (low, a) in versions.enumerated() {
            for (high, b) in versions.enumerated() {
                #expect((a < b) == (low < high), "\(a) < \(b)")
                #expect((a == b) == (low == high), "\(a) == \(b)")
            }
        }
    }

    @Test func buildMetadataIsNoPartOfIdentity() throws {
        let a = try #require(SemanticVersion("1.2.3-rc.1+linux.5"))
        let b = try #require(SemanticVersion("1.2.3-rc.1+darwin"))
        #expect(a == b && !(a < b) && !(b < a) && Set([a, b]).count == 1)
        #expect(a.description == "1.2.3-rc.1+linux.5")
    }

    @Test(arguments: [
        "0.0.4", "1.2.3", "1.1.2-prerelease+meta", "1.1.2+meta-valid", "1.0.0-alpha.0valid",
        "1.0.0-0A.is.legal",
        "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", "2.0.0+build.1848",
        "1.2.3----RC-SNAPSHOT.12.9.1",
        "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
    ])
    func valid(_ text: String) { #expect(SemanticVersion(text)?.description == text) }

    @Test(arguments: [
        "", "1", "1.2", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123", "+invalid", "-invalid", "alpha",
        "1.0.0-alpha_b",
        "1.0.0-alpha..", "01.1.1", "1.01.1", "1.1.01", "1.2.3.DEV", "1.2-SNAPSHOT", "1.2.3-", "1.2.3+",
        "v1.2.3", " 1.2.3",
        "1.2.3 ", "-1.0.3-gamma+b7718", "99999999999999999999.0.0", "1.2.٣", "1..3", "1.2.3-é",
    ])
    func invalid(_ text: String) { #expect(SemanticVersion(text) == nil) }

    @Test(arguments: [
        ("*", "0.0.1 1.2.3", "1.2.3-rc.1"), ("", "", ""), ("x", "1.2.3", ""),
        ("1", "1.0.0 1.9.9", "0.9.9 2.0.0 2.0.0-rc.1"),
        ("1.x", "1.0.0 1.9.9", "2.0.0 1.5.0-rc.1"), ("1.2.*", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.2.3", "1.2.3 1.2.3+b", "1.2.4 1.2.3-rc.1"), ("=1.2.3", "1.2.3", "1.2.4"),
        ("^1.4", "1.4.0 1.9.9", "1.3.9 2.0.0 2.0.0-alpha 1.5.0-rc.1"),
        ("^1.4.2", "1.4.2 1.5.0", "1.4.1 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"), ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.0 0.9.9", "1.0.0"), ("^1.x", "1.0.0 1.8.0", "2.0.0"),
        ("~1.4.2", "1.4.2 1.4.9", "1.5.0 1.4.1"), ("~1.4", "1.4.0 1.4.9", "1.5.0 1.5.0-0"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        (">1.2", "1.3.0", "1.2.9 1.2.0"), (">1.2.3", "1.2.4", "1.2.3"), (">=1.2", "1.2.0 3.0.0", "1.1.9"),
        ("<1.2", "1.1.9", "1.2.0 1.2.0-rc.1"), ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
        ("<=1.2.3", "1.2.3", "1.2.4"),
        (">= 1.2 < 2", "1.2.0 1.9.9", "2.0.0 1.1.0"), (">=1.2, <2", "1.5.0", "2.0.0"),
        ("1.2 - 1.4", "1.2.0 1.4.9", "1.5.0 1.1.9"), ("1.2.3 - 1.4.5", "1.2.3 1.4.5", "1.4.6 1.2.2"),
        ("1.2 - *", "1.2.0 9.0.0", "1.1.0"), ("1.x || >=3.1", "1.1.0 3.1.0 4.0.0", "2.0.0 3.0.9"),
        ("^1 || ^2 || ^3", "1.0.0 2.0.0 3.9.9", "4.0.0 0.9.0"),
        ("^1.5.0-rc.1", "1.5.0-rc.1 1.5.0-rc.2 1.5.0 1.6.0", "1.6.0-rc.1 1.5.0-beta 2.0.0"),
        (">=0.3.0-rc.1 <0.4", "0.3.0-rc.1 0.3.0 0.3.9", "0.4.0 0.4.0-rc.1"),
    ])
    func ranges(_ text: String, fits: String, fitsNot: String) throws {
        guard !text.isEmpty else {
            #expect(VersionRange("") == nil)
            return
        }
        let range = try #require(VersionRange(text))
        for version in fits.split(separator: " ") {
            #expect(range.contains(try #require(SemanticVersion(version))), "\(version) should fit \(text)")
        }
        for version in fitsNot.split(separator: " ") {
            #expect(
                !range.contains(try #require(SemanticVersion(version))), "\(version) should not fit \(text)")
        }
    }

    @Test(arguments: [
        "", " ", "a", "1.y", "1.x.3", "^", ">", "> > 1", "1.2.3.4", "1 -", "- 1", "1 - 2 - 3", "1 |", "|| 1",
        "1 || ", "^^1",
        "=>1", "<*", "01.2", "1.2-rc.1", "^18446744073709551615", "1.2.3-", "~>1.2",
    ])
    func noRanges(_ text: String) { #expect(VersionRange(text) == nil) }

    @Test func theHighestThatFitsIsPicked() throws {
        let versions = ["1.3.9", "1.4.0", "1.10.0", "1.9.0", "2.0.0", "1.11.0-rc.1"].compactMap {
            SemanticVersion($0)
        }
        #expect(VersionRange("^1.4")?.highest(of: versions)?.description == "1.10.0")
        #expect(VersionRange("^3")?.highest(of: versions) == nil)
        #expect(VersionRange.any.highest(of: versions)?.description == "2.0.0")
    }
}
