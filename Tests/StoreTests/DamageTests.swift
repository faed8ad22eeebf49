import Foundation
import GRDB
import Reconciler
import TestKit
import Testing

@testable import Store

@Suite struct DamageTests {
    let directory = TemporaryDirectory()

    /// A closed database with a few pages of everything.
    private func fill() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(
            StoreBatch(
                claims: (0..<50).map { Sample.claim($0) }, memories: [("web", Sample.memory("web"))],
                events: (0..<50).map { Sample.event($0) },
                accepted: AcceptedRecord(
                    revision: Sample.revision(), acceptedAt: Sample.wall(0),
                    payload: [UInt8](repeating: 7, count: 20_000))))
        try await store.close()
    }

    /// Either all of it is there, or it is said that nothing is.
    private func openAfterDamage(_ what: String) async throws -> Opened {
        let store = try Store(stateDirectory: directory.path)
        let loaded = try await store.load()
        if store.opened.rebuilt == nil && !store.opened.created {
            #expect(loaded.openRuns.count == 50, "\(what)")
            #expect(loaded.accepted?.payload.count == 20_000, "\(what)")
        } else {
            #expect(loaded.openRuns.isEmpty, "\(what)")
        }
        try await store.commit(StoreBatch(claims: [Sample.claim(99)]))
        #expect(try await store.load().openRuns.map(\.claim.run).contains(Sample.run(99)))
        try await store.close()
        return store.opened
    }

    @Test(.survives(.stateTrouble, "database torn")) func aTornFileIsSetAsideWhateverItsLength() async throws
    {
        try await fill()
        let whole = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let lengths =
            [1, 15, 16, 99, 100, 101, 512, 4095, 4096, 4097]
            + stride(from: 8192, to: whole.count, by: 4096).flatMap { [$0 - 1, $0] } + [whole.count - 1]
        for length in lengths {
            try whole.prefix(length).write(to: URL(fileURLWithPath: directory.database))
            let opened = try await openAfterDamage("cut at \(length)")
            #expect(opened.rebuilt != nil, "cut at \(length) of \(whole.count)")
            let aside = try #require(opened.rebuilt?.setAside)
            #expect(try Data(contentsOf: URL(fileURLWithPath: aside)).count == length)
        }
        print("torn at \(lengths.count) lengths of \(whole.count) bytes")
        let kept = directory.names.filter { $0.contains(".corrupt-") && $0.hasSuffix("Z") }
        #expect(kept.count == StoreLimits.setAsideMax, "\(kept)")
    }

    @Test func aFileCutToNothingIsANewDatabase() async throws {
        try await fill()
        try Data().write(to: URL(fileURLWithPath: directory.database))
        #expect(try await openAfterDamage("empty") == Opened(created: true))
    }

    @Test(.survives(.stateTrouble, "database pages overwritten")) func overwrittenPagesAreNoticedOrHarmless()
        async throws
    {
        try await fill()
        let whole = try Data(contentsOf: URL(fileURLWithPath: directory.database))
        let seed = UInt64.random(in: 0...UInt64.max)
        print("overwritten pages: seed \(seed)")
        var random = SplitMix(state: seed)
        var noticed = 0
        for round in 0..<30 {
            var bytes = whole
            let page = Int.random(in: 0..<whole.count / 4096, using: &random)
            let start = page * 4096
            for offset in start..<start + 4096 { bytes[offset] = UInt8.random(in: 0...255, using: &random) }
            try bytes.write(to: URL(fileURLWithPath: directory.database))
            let store = try Store(stateDirectory: directory.path)
            if store.opened.rebuilt != nil { noticed += 1 }
            // Whatever is left must be usable, and must not bring the process down.
            _ = try await store.load()
            try await store.commit(StoreBatch(claims: [Sample.claim(1000 + round)]))
            try await store.close()
        }
        print("overwritten pages: \(noticed) of 30 noticed")
        #expect(noticed >= 15)
    }

    @Test(.survives(.stateTrouble, "database is garbage"), arguments: [0, 31, 100, 5000, 100_000])
    func garbageIsSetAside(length: Int) async throws {
        let garbage = Data((0..<length).map { _ in UInt8.random(in: 1...255) })
        try garbage.write(to: URL(fileURLWithPath: directory.database))
        let opened = try await openAfterDamage("garbage of \(length)")
        #expect((opened.rebuilt != nil) == (length > 0))
    }

    @Test func aLogWithoutItsDatabaseIsALoss() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(StoreBatch(claims: [Sample.claim(1)]))
        let log = try Data(contentsOf: URL(fileURLWithPath: directory.database + "-wal"))
        try await store.close()
        try FileManager.default.removeItem(atPath: directory.database)
        try log.write(to: URL(fileURLWithPath: directory.database + "-wal"))
        let opened = try await openAfterDamage("only the log")
        #expect(opened.rebuilt?.reason == "the database is gone; only its log was left")
        #expect(opened.rebuilt?.setAside == nil)
    }

    @Test func aLogWithADamagedHeaderIsALoss() async throws {
        try await fill()
        try Data((0..<9000).map { _ in UInt8.random(in: 1...255) })
            .write(to: URL(fileURLWithPath: directory.database + "-wal"))
        let opened = try await openAfterDamage("log of garbage")
        #expect(opened.rebuilt?.reason == "the header of the write-ahead log is damaged")
        #expect(directory.names.contains { $0.contains(".corrupt-") && $0.hasSuffix("-wal") })
    }

    @Test func aLogThatWasNeverBegunIsHarmless() async throws {
        try await fill()
        for bytes in [Data(), Data(repeating: 0, count: 8000), Data(repeating: 7, count: 20)] {
            try bytes.write(to: URL(fileURLWithPath: directory.database + "-wal"))
            let store = try Store(stateDirectory: directory.path)
            #expect(store.opened == Opened(created: false))
            #expect(try await store.load().openRuns.count == 50)
            try await store.close()
        }
    }

    @Test func aForeignDatabaseIsNotTouched() async throws {
        let foreign = try DatabaseQueue(path: directory.database)
        try await foreign.write { try $0.execute(sql: "CREATE TABLE run (a); INSERT INTO run VALUES (1)") }
        try foreign.close()
        let opened = try await openAfterDamage("foreign")
        let aside = try #require(opened.rebuilt?.setAside)
        let again = try DatabaseQueue(path: aside)
        #expect(try await again.read { try Int.fetchOne($0, sql: "SELECT a FROM run") } == 1)
    }
}

@Suite struct UnusableTests {
    let directory = TemporaryDirectory()

    @Test func aDirectoryThatCannotBeWrittenIsNamed() throws {
        // Root may write anywhere but where the kernel says no; others need no such place.
        let place = geteuid() == 0 ? "/proc/self" : directory.path
        if geteuid() != 0 { chmod(directory.path, 0o555) }
        defer { chmod(directory.path, 0o755) }
        let error = #expect(throws: StoreError.self) { _ = try Store(stateDirectory: place) }
        #expect("\(error!)".hasPrefix("the database \(place)/plumb.db cannot be used: "), "\(error!)")
    }

    @Test func aMissingDirectoryIsNamed() throws {
        let error = #expect(throws: StoreError.self) {
            _ = try Store(stateDirectory: directory.path + "/none")
        }
        #expect("\(error!)".hasSuffix("/none/plumb.db cannot be used: No such file or directory"))
    }

    @Test(.survives(.stateTrouble, "database locked")) func aLockedDatabaseIsWaitedForThenNamed() async throws
    {
        var limits = StoreLimits()
        limits.lockWaitMax = .milliseconds(200)
        try await Store(stateDirectory: directory.path).close()
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        let other = try DatabaseQueue(path: directory.database, configuration: configuration)
        try await other.write { try $0.execute(sql: "INSERT INTO setting VALUES ('a', 'b')") }
        let error = #expect(throws: StoreError.self) {
            _ = try Store(stateDirectory: directory.path, limits: limits)
        }
        #expect(error == .locked(path: directory.database, waitedSeconds: 0.2))
        try other.close()
        let store = try Store(stateDirectory: directory.path, limits: limits)
        #expect(store.opened == Opened(created: false))
        #expect(try await store.load().settings == ["a": "b"])
    }
}

func permissions(of path: String) -> mode_t? {
    var info = stat()
    return stat(path, &info) == 0 ? info.st_mode & 0o777 : nil
}

func size(of path: String) -> Int? {
    var info = stat()
    return stat(path, &info) == 0 ? Int(info.st_size) : nil
}

/// SplitMix64: enough for tests, and repeatable from its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
