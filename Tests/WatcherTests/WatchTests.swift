import Glibc
import TestKit
import Testing
import Watcher

/// Following a ref: every way in which git moves one is noticed by itself.
@Suite struct WatchTests {
    private func committed() throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        try repository.commit("first")
        return repository
    }

    @Test func tellsTheFirstStateAndEveryCommit() async throws {
        let repository = try committed()
        let first = try repository.head()
        let watched = try Watched(repository.path)
        #expect(await watched.log.wait { $0.commit == first })
        #expect(watched.log.noticing == .events)
        for number in 0..<5 {
            let id = try repository.commit("number \(number)")
            #expect(await watched.log.wait { $0.commit == id })
        }
        guard case .revision(let seen)? = watched.log.all.last else {
            Issue.record("no revision")
            return
        }
        #expect(seen.ref == "main")
        #expect(seen.commit.subject == "number 4")
        watched.watcher.stop()
    }

    @Test func followsTheBranchThatHeadNamedFirst() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path)
        let first = try repository.head()
        #expect(await watched.log.wait { $0.commit == first })
        try repository.branch("other")
        try repository.commit("on another branch")
        try repository.git("checkout", "-q", "main")
        let id = try repository.commit("on main")
        #expect(await watched.log.wait { $0.commit == id })
        #expect(
            watched.log.all.count == 3, "noticing, two revisions of main, and nothing of the other branch")
        watched.watcher.stop()
    }

    @Test func noticesPackedRefsForcePushesAndResets() async throws {
        let repository = try committed()
        let bare = try TemporaryRepository(cloning: repository.path, options: ["--bare"])
        let watched = try Watched(bare.path, ref: "main")
        #expect(await watched.log.wait { $0.commit != nil })
        try bare.git("pack-refs", "--all")
        let second = try repository.commit("second")
        try repository.git("push", "-q", bare.path, "main")
        #expect(await watched.log.wait { $0.commit == second })
        try bare.git("pack-refs", "--all")
        try repository.git("commit", "-q", "--allow-empty", "--amend", "-m", "second, again")
        let amended = try repository.head()
        try repository.git("push", "-q", "--force", bare.path, "main")
        #expect(await watched.log.wait { $0.commit == amended })
        try bare.git("update-ref", "refs/heads/main", second)
        #expect(await watched.log.wait { $0.commit == second })
        #expect(watched.log.all.allSatisfy { if case .unreadable = $0 { false } else { true } })
        watched.watcher.stop()
    }

    @Test func aBranchWithSlashesComesAndGoes() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path, ref: "feature/x/y") { $0.retryInitial = .seconds(600) }
        #expect(await watched.log.wait { $0.problem?.kind == .refMissing })
        for round in 0..<5 {
            let id = try repository.commit("round \(round)")
            try repository.git("update-ref", "refs/heads/feature/x/y", id)
            #expect(await watched.log.wait { $0.commit == id }, "round \(round)")
            if round % 2 == 1 { try repository.git("pack-refs", "--all") }
            try repository.git("update-ref", "-d", "refs/heads/feature/x/y")
            #expect(await watched.log.wait { $0.problem?.kind == .refMissing }, "round \(round)")
        }
        watched.watcher.stop()
    }

    @Test func followsALinkedWorkTree() async throws {
        let repository = try committed()
        let linked = try repository.worktree("linked", branch: "side")
        let watched = try Watched(linked)
        let first = try repository.head()
        #expect(await watched.log.wait { $0.commit == first })
        let id = try repository.git("commit-tree", "-p", "HEAD", "-m", "side", "HEAD^{tree}")
        try repository.git("update-ref", "refs/heads/side", id)
        #expect(await watched.log.wait { $0.commit == id })
        watched.watcher.stop()
    }

    @Test func aDetachedHeadNeedsABranchOrItsOwnName() async throws {
        let repository = try committed()
        try repository.git("checkout", "-q", "--detach")
        let watched = try Watched(repository.path) { $0.retryInitial = .seconds(600) }
        #expect(await watched.log.wait { $0.problem?.kind == .detachedHead })
        #expect(watched.log.problem?.advice.contains("--ref") == true)
        let head = try Watched(repository.path, ref: "HEAD") { $0.retryInitial = .seconds(600) }
        let first = try repository.head()
        #expect(await head.log.wait { $0.commit == first })
        let id = try repository.commit("detached")
        #expect(await head.log.wait { $0.commit == id })
        // Both see the branch that is checked out now.
        try repository.git("checkout", "-q", "main")
        #expect(await head.log.wait { $0.commit == first })
        #expect(await watched.log.wait { $0.commit == first })
        let second = try repository.commit("second")
        #expect(await head.log.wait { $0.commit == second })
        watched.watcher.stop()
        head.watcher.stop()
    }

    @Test func survivesDeletionAndReturn() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path) { $0.retryInitial = .seconds(600) }
        var id = try repository.head()
        #expect(await watched.log.wait { $0.commit == id })
        let other = try TemporaryRepository()
        try other.write("b.yaml", "b: 1\n")
        for round in 0..<4 {
            let away = "\(repository.root)/away-\(round)"
            if round % 2 == 0 {
                #expect(rename(repository.path, away) == 0)
            } else {
                repository.remove("")
            }
            #expect(await watched.log.wait { $0.problem?.kind == .pathMissing }, "round \(round)")
            id = try other.commit("round \(round)")
            _ = try Shell.run("git clone -q '\(other.path)' '\(repository.path)' 2>&1")
            #expect(await watched.log.wait { $0.commit == id }, "round \(round)")
        }
        watched.watcher.stop()
    }

    @Test func aPlainDirectoryBecomesARepository() async throws {
        let holder = try TemporaryRepository()
        let path = holder.root + "/later/still"
        let watched = try Watched(path) { $0.retryInitial = .seconds(600) }
        #expect(await watched.log.wait { $0.problem?.kind == .pathMissing })
        mkdir(holder.root + "/later", 0o755)
        mkdir(path, 0o755)
        #expect(await watched.log.wait { $0.problem?.kind == .notARepository })
        let setUp =
            "git init -q -b main && \(Shell.identity) commit -q --allow-empty -m first"
        _ = try Shell.run("cd '\(path)' && \(setUp)")
        #expect(await watched.log.wait { $0.commit != nil })
        watched.watcher.stop()
    }

    @Test func followsASymbolicLinkToARepository() async throws {
        let (one, two) = (try committed(), try committed())
        let second = try two.commit("second")
        let link = one.root + "/current"
        symlink(one.path, link)
        let watched = try Watched(link, ref: "main") { $0.retryInitial = .seconds(600) }
        let first = try one.head()
        #expect(await watched.log.wait { $0.commit == first })
        symlink(two.path, link + ".new")
        rename(link + ".new", link)
        #expect(await watched.log.wait { $0.commit == second })
        let third = try two.commit("third")
        #expect(await watched.log.wait { $0.commit == third })
        watched.watcher.stop()
    }

    @Test(
        "a wrong owner is noticed, and so is the right one (as root)",
        .enabled(if: ReaderUnderTest.isRoot, "needs root"))
    func owner() async throws {
        let repository = try committed()
        let first = try repository.head()
        let watched = try Watched(repository.path) { $0.retryInitial = .seconds(600) }
        #expect(await watched.log.wait { $0.commit == first })
        chown(repository.path + "/.git", 61_234, 61_234)
        #expect(await watched.log.wait { $0.problem?.kind == .wrongOwner })
        chown(repository.path + "/.git", 0, 0)
        #expect(await watched.log.wait { $0.commit == first })
        watched.watcher.stop()
    }

    @Test func whatCouldNotBeReadIsAnnouncedAgain() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path)
        let first = try repository.head()
        #expect(await watched.log.wait { $0.commit == first })
        let id = try #require(ObjectID(first))
        let error = GitError(.objectMissing, "blob x is missing")
        for _ in 0..<3 {
            let before = watched.log.all.count
            watched.watcher.readFailed(error, at: id)
            #expect(await watched.log.wait { $0.all.count == before + 2 && $0.commit == first })
        }
        // A failure of a revision that is no longer the newest changes nothing.
        let second = try repository.commit("second")
        #expect(await watched.log.wait { $0.commit == second })
        watched.watcher.readFailed(error, at: id)
        let third = try repository.commit("third")
        #expect(await watched.log.wait { $0.commit == third })
        #expect(watched.log.all.suffix(2).allSatisfy { if case .revision = $0 { true } else { false } })
        watched.watcher.stop()
    }

    @Test func withoutWatchesTheRefIsReadAtIntervals() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path) {
            $0.watchesMax = 0
            $0.fallbackInterval = .milliseconds(50)
        }
        let first = try repository.head()
        #expect(await watched.log.wait { $0.commit == first })
        guard case .interval(let interval, let reason)? = watched.log.noticing else {
            Issue.record("no interval was declared")
            return
        }
        #expect(interval == .milliseconds(50))
        #expect(reason.kind == .watchLimit)
        let id = try repository.commit("second")
        #expect(await watched.log.wait { $0.commit == id })
        watched.watcher.stop()
    }

    @Test func manyCommitsASecondEndWithTheLast() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path)
        #expect(await watched.log.wait { $0.commit != nil })
        let script = """
            set -e; cd '\(repository.path)'; tree=$(git rev-parse 'HEAD^{tree}'); parent=$(git rev-parse HEAD)
            for i in $(seq 200); do
                parent=$(\(Shell.identity) commit-tree -p $parent -m $i $tree)
                git update-ref refs/heads/main $parent
                sleep 0.01
            done
            """
        let started = ContinuousClock.now
        _ = try Shell.run(script)
        let took = ContinuousClock.now - started
        let last = try repository.head()
        #expect(await watched.log.wait { $0.commit == last })
        let seen = watched.log.all.count { if case .revision = $0 { true } else { false } }
        #expect(seen <= 201)
        print("200 commits in \(took): \(seen) revisions seen, the last one last")
        watched.watcher.stop()
    }

    @Test func usesNoProcessorTimeWhenNothingHappens() async throws {
        let repository = try committed()
        let watched = try Watched(repository.path)
        #expect(await watched.log.wait { $0.commit != nil })
        // What git does in the directories that are watched, but not to the ref, is no event either.
        let before = watched.log.all.count
        for number in 0..<20 {
            try repository.write("f\(number)", "x")
            try repository.git("add", "-A")
            try repository.git("branch", "other-\(number)")
        }
        #expect(watched.log.all.count == before)
        watched.watcher.stop()
    }
}
