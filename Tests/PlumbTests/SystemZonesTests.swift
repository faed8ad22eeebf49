import Foundation
import Manifests
import Reconciler
import Testing

@testable import Plumb

@Suite("Time zones of the host") struct SystemZonesTests {
    private static let system = SystemZones.folder([:])
    private static let hasSystem = FileManager.default.fileExists(atPath: system + "/Europe/Berlin")

    private func copy(_ zone: String, to folder: TemporaryFolder, as name: String) throws {
        let bytes = try Data(contentsOf: URL(filePath: Self.system + "/" + zone))
        let target = URL(filePath: folder.path + "/" + name)
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        // As a package manager does it: another file takes the name.
        try bytes.write(to: target, options: .atomic)
    }

    @Test(
        "A zone that is updated is read again; one that is gone stays known",
        .enabled(if: hasSystem, "tzdata is not installed"))
    func updated() throws {
        let folder = try TemporaryFolder()
        try copy("Europe/Berlin", to: folder, as: "Europe/Berlin")
        let zones = SystemZones(folder: folder.path)
        let berlin = try #require(zones.rules("Europe/Berlin"))
        #expect(berlin.offset(at: 1_782_864_000) == 7_200)
        #expect(!zones.haveChanged())
        // Only a zone that was compiled anew can show that the file counts, and not what Foundation brings.
        try copy("Asia/Tokyo", to: folder, as: "Europe/Berlin")
        #expect(zones.haveChanged())
        #expect(zones.rules("Europe/Berlin")?.offset(at: 1_782_864_000) == 32_400)
        #expect(!zones.haveChanged())
        try FileManager.default.removeItem(atPath: folder.path + "/Europe/Berlin")
        #expect(zones.rules("Europe/Berlin")?.offset(at: 1_782_864_000) == 32_400)
        #expect(!zones.haveChanged())
    }

    @Test("A name leads to no other file, and what is no zone is none") func safe() throws {
        let folder = try TemporaryFolder()
        try folder.write("no zone", to: "Broken")
        let zones = SystemZones(folder: folder.path + "/inner")
        for name in ["../Broken", "/etc/localtime", "", "Europe/../../Broken"] {
            #expect(zones.rules(name) == nil)
        }
        #expect(SystemZones(folder: folder.path).rules("Broken") == nil)
        #expect(SystemZones(folder: folder.path).rules("UTC") == .utc)
    }

    @Test(
        "Who mistypes a zone is told which one is meant", .enabled(if: hasSystem, "tzdata is not installed"),
        arguments: [
            ("Europe/Berln", "'Europe/Berlin'"), ("europe/berlin", "'Europe/Berlin'"),
            ("Germany/Berlin", "'Europe/Berlin'"), ("America/NewYork", "'America/New_York'"),
            ("Middle-earth/Bree", "timedatectl"),
        ])
    func suggestions(name: String, expected: String) {
        #expect(SystemZones.shared.complaint(about: name).contains(expected))
    }

    @Test("Without tzdata it is said what to install") func withoutData() throws {
        let zones = SystemZones(folder: try TemporaryFolder().path + "/none")
        #expect(zones.names.isEmpty)
        #expect(zones.complaint(about: "Europe/Berlin").contains("install the package tzdata"))
    }

    @Test(
        "Every zone of this host from 2020 to 2035, as zdump reads the same files",
        .enabled(if: hasSystem && Shell.has("zdump"), "tzdata or zdump is not installed"))
    func zdump() throws {
        let zones = SystemZones.shared
        let names = zones.names
        #expect(names.count > 300)
        let run = try Shell.run("cd \(Self.system) && zdump -i -c 2020,2036 \(names.joined(separator: " "))")
        try #require(run.status == 0)
        var rules: TimeZoneRules?
        var name = ""
        var compared = 0
        for line in run.output.split(separator: "\n") {
            let columns = line.split(separator: "\t").map(String.init)
            if line.hasPrefix("TZ=") {
                name = line.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
                rules = zones.rules(name)
                #expect(rules != nil, "\(name)")
            } else if columns.count >= 3, let rules, let offset = Self.seconds(columns[2]) {
                let local = Self.local(columns[0], columns[1])
                // The first line is for the beginning of the range.
                let at = local.map { $0 - offset } ?? 1_577_836_800
                if rules.offset(at: at) != offset { Issue.record("\(name): \(line)") }
                compared += 1
            }
        }
        #expect(compared > 4_000)
    }

    /// `+0530`, `-02`, `+003008`.
    private static func seconds(_ text: String) -> Int64? {
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        let digits = Array(text.dropFirst())
        let parts = stride(from: 0, to: digits.count, by: 2).compactMap {
            Int64(String(digits[$0..<min($0 + 2, digits.count)]))
        }
        let total = zip(parts, [3_600, 60, 1]).reduce(Int64(0)) { $0 + $1.0 * $1.1 }
        return sign == "-" ? -total : total
    }

    /// `2026-03-29` and `03`, `03:30` or `03:30:15`; nil for `-`.
    private static func local(_ date: String, _ time: String) -> Int64? {
        let day = date.split(separator: "-").compactMap { Int($0) }
        let clock = time.split(separator: ":").compactMap { Int($0) } + [0, 0]
        guard day.count == 3, clock.count >= 3 else { return nil }
        return CivilTime(
            date: CivilDate(year: day[0], month: day[1], day: day[2]), hour: clock[0], minute: clock[1],
            second: clock[2]
        ).local
    }
}
