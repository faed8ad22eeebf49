import Foundation
import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// Files of path triggers, with a real inotify. What is news when is decided by `PathSettling`, which has
/// tests of its own; here it is only made sure that somebody looks.
@Suite struct PathWatchTests {
    /// A directory of its own, and what a watch in it has told.
    private final class Place: Sendable {
        let base: String
        private let told = Mutex<(news: [PathWatch.News], limits: [String: String])>(([], [:]))

        init() {
            var template = Array("/tmp/plumb-paths-XXXXXX".utf8CString)
            base = mkdtemp(&template).map { String(cString: $0) } ?? ""
            mkdir(base + "/in", 0o755)
        }

        deinit { try? FileManager.default.removeItem(atPath: base) }

        func write(_ name: String, _ text: String = "x") {
            _ = FileManager.default.createFile(atPath: base + "/" + name, contents: Data(text.utf8))
        }

        func make(_ directory: String) { mkdir(base + "/" + directory, 0o755) }

        func move(_ from: String, to: String) { rename(base + "/" + from, base + "/" + to) }

        func link(_ target: String, as name: String) { symlink(target, base + "/" + name) }

        /// Names that were told of, by telling.
        var names: [[String]] {
            told.withLock { $0.news.map { $0.paths.map { String($0.dropFirst(base.count + 1)) } } }
        }

        var news: [PathWatch.News] { told.withLock(\.news) }

        var limits: [String: String] { told.withLock(\.limits) }

        func watch() throws -> PathWatch {
            let watch = PathWatch(loop: try EventLoop(), directory: base + "/kept")
            watch.start { news in
                self.told.withLock { $0.news.append(news) }
            } limited: { name, words in
                self.told.withLock { $0.limits[name] = words }
            }
            return watch
        }

        func trigger(_ glob: String) -> PathTrigger {
            PathTrigger(glob: base + "/" + glob, debounce: .milliseconds(20), settle: .milliseconds(20))
        }
    }

    /// Until the first look was taken, and kept.
    private func isLookedAt(_ place: Place, _ name: String = "s") async {
        await eventually("the first look is kept") {
            FileManager.default.fileExists(atPath: place.base + "/kept/" + name)
        }
    }

    @Test func filesThatComeChangeAndAreMovedThere() async throws {
        let place = Place()
        place.write("in/old.csv")
        let watch = try place.watch()
        defer { watch.stop() }
        watch.watch(["s": place.trigger("in/*.csv")])
        await isLookedAt(place)
        place.write("in/a.txt")
        place.write("in/.hidden.csv")
        place.write("in/a.csv")
        await eventually("it is told of") { place.names == [["in/a.csv"]] }
        place.write("in/old.csv", "changed")
        await eventually("the change is told of") { place.names.last == ["in/old.csv"] }
        place.write("elsewhere")
        place.move("elsewhere", to: "in/b.csv")
        await eventually("the move is told of") { place.names.last == ["in/b.csv"] }
        #expect(place.names.count == 3 && place.limits.isEmpty)
    }

    @Test func directoriesThatComeLaterGoAndComeBack() async throws {
        let place = Place()
        let watch = try place.watch()
        defer { watch.stop() }
        watch.watch(["s": place.trigger("in/*/drop/*.csv")])
        await isLookedAt(place)
        place.make("in/one")
        place.make("in/one/drop")
        place.write("in/one/drop/a.csv")
        await eventually("the first is told of") { place.names == [["in/one/drop/a.csv"]] }
        // The directory is replaced by another one of its name.
        place.move("in/one", to: "gone")
        place.make("in/one")
        place.make("in/one/drop")
        place.write("in/one/drop/b.csv")
        await eventually("the second is told of") { place.names.last == ["in/one/drop/b.csv"] }
        // What leads there is a link, and then another one.
        place.make("real")
        place.make("real/drop")
        place.link("../real", as: "in/two")
        await eventually("the directory behind the link is watched") { watch.directoryCount >= 5 }
        place.write("real/drop/c.csv")
        await eventually("what is behind the link is told of") { place.names.last == ["in/two/drop/c.csv"] }
    }

    /// What was told of and acknowledged is not told again; what came meanwhile, and what nobody
    /// acknowledged, is.
    @Test func nothingIsLostWhileNobodyWatches() async throws {
        let place = Place()
        var watch = try place.watch()
        watch.watch(["s": place.trigger("in/*")])
        await isLookedAt(place)
        place.write("in/a")
        await eventually("it is told of") { place.names.count == 1 }
        watch.acknowledge("s", place.news[0].sequence)
        await eventually("it is kept") {
            PathRecord.read("s", in: place.base + "/kept")?.files.keys.contains(place.base + "/in/a") == true
        }
        place.write("in/b")
        await eventually("the second is told of") { place.names.count == 2 }
        watch.stop()
        place.write("in/c")
        watch = try place.watch()
        watch.watch(["s": place.trigger("in/*")])
        await eventually("the rest is told of, once") { place.names.count == 3 }
        #expect(place.names.last == ["in/b", "in/c"])
        watch.acknowledge("s", place.news[2].sequence)
        await eventually("that is kept too") {
            PathRecord.read("s", in: place.base + "/kept")?.files.count == 3
        }
        // Of another pattern what was known says nothing: what is there is no news.
        watch.watch(["s": place.trigger("in/[a-c]")])
        await eventually("the record is of the other pattern") {
            PathRecord.read("s", in: place.base + "/kept")?.glob.hasSuffix("[a-c]") == true
        }
        // A Schedule that is gone takes its record along.
        watch.watch([:])
        #expect(PathRecord.read("s", in: place.base + "/kept") == nil && watch.directoryCount == 0)
        watch.stop()
        #expect(place.names.count == 3)
    }

    /// More than may be looked at is named, and nothing is concluded from it.
    @Test func whatIsTooMuchIsNamed() async throws {
        let place = Place()
        for index in 0...SupervisorLimits.pathFilesMax { link("/etc/hostname", place.base + "/in/\(index)") }
        let watch = try place.watch()
        defer { watch.stop() }
        watch.watch(["s": place.trigger("in/*")])
        await eventually("it is named") { place.limits["s"]?.contains("more than 10000 files") == true }
        #expect(place.news.isEmpty && PathRecord.read("s", in: place.base + "/kept") == nil)
    }

    @Test func twoTriggersShareADirectory() async throws {
        let place = Place()
        let watch = try place.watch()
        defer { watch.stop() }
        watch.watch(["a": place.trigger("in/*.csv"), "b": place.trigger("in/*.txt")])
        await isLookedAt(place, "a")
        await isLookedAt(place, "b")
        let directories = watch.directoryCount
        watch.watch(["b": place.trigger("in/*.txt")])
        place.write("in/x.csv")
        place.write("in/x.txt")
        await eventually("the one that is left is told") { place.news.map(\.schedule) == ["b"] }
        #expect(watch.directoryCount == directories)
    }
}
