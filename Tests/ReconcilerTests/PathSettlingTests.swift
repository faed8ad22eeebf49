import Manifests
import Testing

@testable import Reconciler

/// Which files of a path trigger are told of, and when. No clock runs here.
@Suite struct PathSettlingTests {
    /// Changes in place, so that an expectation may ask it.
    private final class Watcher {
        private var settling: PathSettling

        init(_ trigger: PathTrigger, known: [String: FileMark]? = nil) {
            settling = PathSettling(trigger, known: known)
        }

        var known: [String: FileMark]? { settling.known }
        var next: Instant? { settling.next }

        @discardableResult func look(_ files: [String: FileMark], at now: Instant) -> Bool {
            settling.look(files, at: now)
        }

        func settled(at now: Instant) -> (sequence: Int, paths: [String])? { settling.settled(at: now) }

        func acknowledge(_ sequence: Int) -> Bool { settling.acknowledge(sequence) }
    }

    private static func at(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64(seconds * 1_000_000_000))
    }

    private static func mark(_ bytes: Int64 = 1, modified: Int64 = 0) -> FileMark {
        FileMark(inode: 7, bytes: bytes, modified: modified)
    }

    private static let trigger = PathTrigger(glob: "/in/*", debounce: .seconds(2), settle: .seconds(1))

    /// One that has looked at an empty directory before.
    private func empty() -> Watcher {
        let settling = Watcher(Self.trigger)
        settling.look([:], at: Self.at(0))
        return settling
    }

    @Test func whatWasThereBeforeIsNoNews() {
        let settling = Watcher(Self.trigger)
        #expect(settling.look(["/in/a": Self.mark()], at: Self.at(0)))
        #expect(settling.next == nil && settling.settled(at: Self.at(100)) == nil)
        #expect(!settling.look(["/in/a": Self.mark()], at: Self.at(100)))
        #expect(settling.settled(at: Self.at(200)) == nil)
    }

    @Test func aFileCountsOnceItHasNotChangedForSoLong() throws {
        let settling = empty()
        settling.look(["/in/a": Self.mark(1)], at: Self.at(10))
        #expect(settling.next == Self.at(12) && settling.settled(at: Self.at(11)) == nil)
        // It grows, at first within its time.
        for second in 11...20 {
            settling.look(["/in/a": Self.mark(Int64(second))], at: Self.at(Double(second)))
            #expect(settling.settled(at: Self.at(Double(second))) == nil)
        }
        #expect(settling.next == Self.at(21))
        settling.look(["/in/a": Self.mark(20)], at: Self.at(21))
        let news = try #require(settling.settled(at: Self.at(21)))
        #expect(news.paths == ["/in/a"] && settling.next == nil)
        settling.look(["/in/a": Self.mark(20)], at: Self.at(30))
        #expect(settling.settled(at: Self.at(40)) == nil)
    }

    @Test func whatComesTogetherIsOneFiring() throws {
        let settling = empty()
        settling.look(["/in/a": Self.mark()], at: Self.at(10))
        settling.look(["/in/a": Self.mark(), "/in/b": Self.mark()], at: Self.at(10.8))
        settling.look(
            ["/in/a": Self.mark(), "/in/b": Self.mark(), "/in/c": Self.mark()], at: Self.at(11.9))
        #expect(settling.settled(at: Self.at(11.9)) == nil)
        let first = try #require(settling.settled(at: Self.at(12)))
        #expect(first.paths == ["/in/a", "/in/b"])
        // The third was not settled yet: it has a firing of its own.
        #expect(settling.next == Self.at(13.9) && settling.settled(at: Self.at(13)) == nil)
        let second = try #require(settling.settled(at: Self.at(13.9)))
        #expect(second.paths == ["/in/c"] && second.sequence > first.sequence)
    }

    @Test func oneThatIsGoneAgainIsNotToldOf() {
        let settling = empty()
        settling.look(["/in/a": Self.mark()], at: Self.at(10))
        settling.look([:], at: Self.at(11))
        #expect(settling.next == nil && settling.settled(at: Self.at(20)) == nil)
    }

    /// The same name with other contents, and the same contents after a removal.
    @Test func whatChangesOrComesBackIsNewAgain() {
        let settling = empty()
        settling.look(["/in/a": Self.mark()], at: Self.at(10))
        #expect(settling.settled(at: Self.at(12))?.paths == ["/in/a"])
        #expect(settling.acknowledge(1))
        settling.look(["/in/a": Self.mark(1, modified: 5)], at: Self.at(20))
        #expect(settling.settled(at: Self.at(22))?.paths == ["/in/a"])
        #expect(settling.acknowledge(2) && !settling.acknowledge(2))
        #expect(settling.look([:], at: Self.at(30)))
        settling.look(["/in/a": Self.mark(1, modified: 5)], at: Self.at(31))
        #expect(settling.settled(at: Self.at(33))?.paths == ["/in/a"])
    }

    /// What is kept is what was acknowledged: an agent that comes back after a death tells the rest again.
    @Test func nothingIsLostWithAnAgentThatDied() throws {
        let settling = empty()
        settling.look(["/in/a": Self.mark(), "/in/b": Self.mark()], at: Self.at(10))
        let news = try #require(settling.settled(at: Self.at(12)))
        let before = settling.known
        let next = Watcher(Self.trigger, known: before)
        // Another file came while nobody was there.
        let files = ["/in/a": Self.mark(), "/in/b": Self.mark(), "/in/c": Self.mark()]
        next.look(files, at: Self.at(100))
        #expect(next.settled(at: Self.at(102))?.paths == ["/in/a", "/in/b", "/in/c"])
        // Acknowledged, they are told of no more.
        #expect(settling.acknowledge(news.sequence))
        let after = Watcher(Self.trigger, known: settling.known)
        after.look(files, at: Self.at(100))
        #expect(after.settled(at: Self.at(102))?.paths == ["/in/c"])
    }

    /// Between telling and acknowledgement it may change once more.
    @Test func whatChangesMeanwhileIsToldAgain() {
        let settling = empty()
        settling.look(["/in/a": Self.mark(1)], at: Self.at(10))
        #expect(settling.settled(at: Self.at(12))?.sequence == 1)
        settling.look(["/in/a": Self.mark(2)], at: Self.at(13))
        #expect(settling.acknowledge(1) && settling.known?["/in/a"] == Self.mark(1))
        #expect(settling.settled(at: Self.at(15))?.sequence == 2)
        #expect(settling.acknowledge(2) && settling.known?["/in/a"] == Self.mark(2))
    }
}
