import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// The console in a real Chromium, beside a real agent.
    @Suite(
        "Console", .serialized,
        .enabled(if: Browser.obstacle == nil, Comment(rawValue: Browser.obstacle ?? "")))
    struct Console {
        @Test("The page shows what is so, follows commits, and says when it cannot") func story() async throws
        {
            try await withHost { host in
                try await ConsoleStory.declare(on: host)
                try await Browser.with { browser in
                    let story = ConsoleStory(
                        host: host, browser: browser, page: "http://127.0.0.1:\(host.port)/")
                    do {
                        try await story.tell()
                    } catch {
                        try? await story.shoot("failed")
                        throw error
                    }
                }
            }
        }
    }
}

/// One agent, one browser, and what happens to them, in this order.
struct ConsoleStory {
    let host: Host
    let browser: Browser
    let page: String

    private static let hostile = "<img src=x onerror=\"document.title='taken'\"><script>taken=1</script>"

    /// A shop of three Instances, whose log lines and commit subject try to be more than text.
    static func declare(on host: Host) async throws {
        let quoted = hostile.replacing("'", with: "'\\''")
        let talker = Declare.shell(
            "talker",
            "printf '%s\\n' '\(quoted)'; printf '\\033[31mred\\033[0m\\033]0;evil\\007 plain\\n'\n"
                + "exec sleep 100000", "stop: {grace: 1s}")
        try host.repository.write("units.yaml", Declare.sleeper + "---\n" + talker)
        try host.repository.write("db.yaml", Declare.sleeping("db"))
        try host.repository.write(
            "web.yaml",
            Declare.instance(
                "web", of: "sleeper",
                "replicas: 2\nconfig: {level: 1}\ndependsOn: [{instance: db, condition: ready}]",
                labels: "{team: shop}"))
        try host.repository.write("talker.yaml", Declare.instance("talker", of: "talker"))
        try host.commit("Declare <b>the shop</b>")
        try await host.startAgent(onExit: "stop")
        try await host.settled("db/0", "web/0", "web/1", "talker/0")
    }

    func tell() async throws {
        try await browser.size(width: 1440, height: 900)
        try await paints()
        try await follows()
        try await keepsTextAsText()
        try await showsEveryPage()
        try await isReachableByKeyboard()
        try await isToldToScreenReaders()
        check(browser.doings(), page)
        try await outlivesTheAgent()
        try await asksForAToken()
    }

    private func paints() async throws {
        try await browser.prefers(dark: false)
        try await browser.go(to: page)
        try await browser.until(
            "three Instances are shown",
            "document.querySelectorAll('table.instances tbody th.name').length === 3")
        let head = String(try host.repository.head().prefix(7))
        #expect(try await browser.text("document.querySelector('.banner').innerText").contains(head))
        let subject = try await browser.text("document.querySelector('.banner .message').textContent")
        #expect(subject == "Declare <b>the shop</b>")
        try await browser.until("it is live", "document.querySelector('.link.live')")
        try await browser.until(
            "what it uses is shown", "/[0-9](B|Ki|Mi)/.test(document.querySelector('td.memory').innerText)")
        try await shoot("light")
        try await browser.prefers(dark: true)
        let ground = try await browser.text("getComputedStyle(document.body).backgroundColor")
        #expect(ground == "rgb(19, 22, 25)")
        try await shoot("dark")
        try await browser.size(width: 390, height: 844, isPhone: true)
        let width = try await browser.number("document.documentElement.scrollWidth")
        #expect(width == 390, "nothing to scroll sideways")
        try await shoot("phone")
        try await browser.size(width: 1440, height: 900)
        try await browser.prefers(dark: false)
    }

    /// A commit, a refused one and a held one are seen without a touch.
    private func follows() async throws {
        let attention = "document.querySelector('.attention').innerText"
        try host.repository.write("more.yaml", Declare.sleeping("more"))
        try host.commit("One more")
        try await browser.until(
            "the new Instance is there, and well",
            "[...document.querySelectorAll('tbody tr')].some(tr => /^more[^]*healthy/.test(tr.innerText))")
        try host.repository.write("broken.yaml", "kind: nonsense\n")
        try host.commit("A mistake")
        try await browser.until(
            "the mistake is told, with its place", "/Invalid[^]*broken.yaml:1/.test(\(attention))")
        try await shoot("invalid")
        for name in ["broken", "web", "db", "more"] { host.repository.remove("\(name).yaml") }
        try host.commit("Remove nearly all")
        try await browser.until(
            "it is held, with the word that lifts it", "/Held[^]*plumb approve [0-9a-f-]+/.test(\(attention))"
        )
        try await shoot("held")
        try host.repository.git("revert", "--no-edit", "HEAD")
        host.repository.remove("broken.yaml")
        try host.commit("As it was")
        try await browser.until("all is well", "document.querySelector('.attention .calm')", seconds: 90)
    }

    private func keepsTextAsText() async throws {
        try await browser.go(to: page + "#/instances/talker/logs")
        try await browser.until(
            "whoever may not read logs is told who may",
            "document.body.innerText.includes('plumb logs -f talker')")
        // Over the local socket whoever reaches it may.
        let relay = try host.relay()
        check(browser.doings(), page)
        try await browser.go(to: relay + "#/instances/talker/logs")
        try await browser.until(
            "the hostile line is shown as text",
            "[...document.querySelectorAll('.entry .text')].some(e => e.textContent.includes('onerror='))")
        #expect(try await browser.number("document.querySelectorAll('main img, main script').length") == 0)
        #expect(try await browser.text("typeof taken") == "undefined")
        #expect(try await browser.text("document.querySelector('.entry .a1').textContent") == "red")
        let title = try await browser.text("document.title")
        #expect(!title.contains("taken") && !title.contains("evil"), "\(title)")
        try await shoot("logs")
        try await browser.run("location.hash = '#/instances/talker/processes'")
        try await browser.until(
            "its processes are shown", "/sleep 100000/.test(document.querySelector('.command').innerText)")
        try await shoot("processes")
        check(browser.doings(), relay)
    }

    private func showsEveryPage() async throws {
        _ = try await host.plumb("suspend", "--reason", "a look at the audit")
        _ = try await host.plumb("resume")
        try await browser.go(to: page + "#/")
        let pages = [
            ("instances/web", ".steps .s-commit"), ("instances/web/config", ".origin"),
            ("instances/web/processes", ".panel pre"), ("instances/web/history", "main table"),
            ("instances/web/sandbox", "main table"), ("instances/web/change", "details pre"),
            ("plan", ".facts"), ("events", ".timeline .t-healthy"), ("graph", "a.node"),
            ("revisions", "td .rev"), ("schedules", ".nothing, main table"),
            ("units", "main table th.name"), ("audit", "main table .badge"),
        ]
        for (path, sign) in pages {
            try await browser.run("location.hash = '#/\(path)'")
            try await browser.until(
                "\(path) is shown",
                "document.querySelector('\(sign)') && !document.querySelector('.loading')")
            try await shoot(path.replacing("/", with: "-"), whole: true)
        }
    }

    private func isReachableByKeyboard() async throws {
        try await browser.run("location.hash = '#/'")
        try await browser.until("the overview", "document.querySelector('table.instances tbody th.name')")
        var reached: Set<String> = []
        for _ in 0..<45 {
            try await browser.press("Tab")
            let focus = try await browser.value(
                """
                (e => [e.tagName + ' ' + (e.getAttribute('aria-label') || e.textContent).trim(),
                    getComputedStyle(e).outlineStyle])(document.activeElement)
                """, as: [String].self)
            if focus[0].hasPrefix("BODY") { continue }
            reached.insert(focus[0])
            #expect(focus[1] != "none", "the focus is not to be seen at \(focus[0])")
        }
        for wanted in [
            "A Overview", "A Events", "INPUT Search Instances", "SELECT Phase", "A web", "A talker",
        ] {
            #expect(reached.contains { $0.hasPrefix(wanted) }, "\(wanted) is not among \(reached.sorted())")
        }
        try await browser.run("document.activeElement.blur()")
        try await browser.press("/", text: "/")
        #expect(try await browser.text("document.activeElement.id") == "search")
        try await browser.press("Escape")
        try await browser.press("j", text: "j")
        try await browser.press("Enter")
        try await browser.until("Enter opens an Instance", "location.hash.startsWith('#/instances/')")
        try await browser.press("Escape")
        try await browser.until("Escape leads back", "location.hash === '#/'")
    }

    private func isToldToScreenReaders() async throws {
        let named: Set = [
            "button", "link", "textbox", "searchbox", "combobox", "table", "columnheader", "rowheader",
            "navigation", "region", "img", "heading",
        ]
        for path in ["", "instances/web", "instances/web/logs", "events", "units", "audit"] {
            try await browser.run("location.hash = '#/\(path)'")
            try await browser.until("/\(path)", "document.querySelector('main h1, main h2')")
            let tree = try await browser.accessibilityTree()
            for node in tree where named.contains(node.role) {
                #expect(!node.name.isEmpty, "a \(node.role) without a name at /\(path)")
            }
            if path.isEmpty {
                #expect(tree.contains { $0.role == "table" && $0.name == "Instances" })
                #expect(tree.contains { $0.role == "rowheader" && $0.name.hasPrefix("web") })
            }
        }
        try await browser.run("location.hash = '#/'")
    }

    private func outlivesTheAgent() async throws {
        let bar = "document.getElementById('link-state').innerText"
        try await browser.until("the overview", "document.querySelector('table.instances tbody th.name')")
        await host.killAgent()
        try await browser.until("it says that it is disconnected", "/Disconnected/.test(\(bar))")
        let rows = try await browser.number(
            "document.querySelectorAll('table.instances tbody th.name').length")
        #expect(rows == 4, "what was known stays")
        try await shoot("disconnected")
        try await host.startAgent(onExit: "stop")
        try await browser.until(
            "it is live again", "document.querySelector('.link.live') && !/Disconnected/.test(\(bar))")
        try host.repository.write("last.yaml", Declare.sleeping("last"))
        try host.commit("And one")
        try await browser.until(
            "it follows again",
            "[...document.querySelectorAll('th.name a')].some(a => a.textContent === 'last')")
    }

    /// An agent with tokens: the page asks for one, is not content with any, and forgets it when told to.
    private func asksForAToken() async throws {
        let made = try await host.plumb("token", "console", "--scopes", "status", "logs").output
        let token = try #require(made.firstMatch(of: #/\bplumb_[\w-]+/#)).output
        let line = try #require(made.firstMatch(of: #/- \{name: console[^\n]*\}/#)).output
        let settings = "apiVersion: plumb.dev/v1\nkind: Agent\nstatus:\n  tokens:\n    \(line)\n"
        try settings.write(toFile: host.root + "/agent.yaml", atomically: true, encoding: .utf8)
        await host.killAgent()
        try await host.startAgent(onExit: "stop")
        let bar = "document.getElementById('link-state').innerText"
        try await browser.until("it asks for a token", "/asks for a token/.test(\(bar))")
        try await shoot("token")
        try await enter("plumb_wrong")
        try await browser.until("a wrong one is not enough", "/not enough/.test(\(bar))")
        try await enter(String(token))
        try await browser.until("it is live with a token", "document.querySelector('.link.live')")
        #expect(try await browser.number("document.querySelectorAll('#token').length") == 0)
        let address = try await browser.text("location.href + localStorage.length")
        #expect(!address.contains(token), "no token in an address")
        try await browser.run("location.hash = '#/instances/talker/logs'")
        try await browser.until(
            "with the scope logs, logs are shown",
            "[...document.querySelectorAll('.entry .text')].some(e => e.textContent.includes('onerror='))")
        try await browser.run("document.querySelector('[data-f=forget]').click()")
        try await browser.until("a token that is forgotten is asked for", "/asks for a token/.test(\(bar))")
    }

    private func enter(_ token: String) async throws {
        try await browser.run(
            "const input = document.getElementById('token'); input.value = ''; input.focus()")
        for character in token { try await browser.press(String(character), text: String(character)) }
        try await browser.press("Enter")
    }

    /// No complaint, and nothing from elsewhere.
    private func check(_ doings: BrowserDoings, _ origin: String) {
        // What is not for everybody is asked for all the same.
        let refused = #/status of 40[134]/#
        #expect(doings.complaints.filter { !$0.contains(refused) } == [])
        let foreign = doings.requests.filter { url in
            !["data:", "about:", origin].contains { url.hasPrefix($0) }
        }
        #expect(foreign == [], "requests to other origins")
    }

    /// Kept for people to look at.
    func shoot(_ name: String, whole: Bool = false) async throws {
        let picture = try await browser.picture(whole: whole)
        try ConsolePictures.keep(picture, as: name)
    }
}

enum ConsolePictures {
    static func keep(_ picture: Data, as name: String) throws {
        let folder = Binaries.sourceTree + "/.build/console-screenshots"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try picture.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
    }
}
