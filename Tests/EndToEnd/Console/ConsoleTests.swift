import TestKit
import Testing

extension EndToEnd {
    /// The console in a real Chromium, beside a real agent.
    @Suite(
        "Console", .serialized,
        .enabled(if: Browser.obstacle == nil, Comment(rawValue: Browser.obstacle ?? "")))
    struct Console {
        @Test("The page shows what is so, follows commits, and says when it cannot") func follows()
            async throws
        {
            try await withPage { host, browser, page in
                try await paints(host, browser, page)
                try await follows(host, browser)
                try await shows(host, browser, page)
                try await isReachable(browser, page)
                let doings = browser.doings()
                #expect(doings.complaints.filter { !$0.contains("403") && !$0.contains("404") } == [])
                let foreign = doings.requests.filter {
                    !$0.hasPrefix(page) && !$0.hasPrefix("data:") && !$0.hasPrefix("about:")
                }
                #expect(foreign == [], "a request to another origin")
                try await outlives(host, browser)
            }
        }
    }
}

extension EndToEnd.Console {
    private static let hostile = "<img src=x onerror=\"document.title='taken'\"><script>taken=1</script>"

    /// A shop of three Instances, whose log lines and subject try to be more than text.
    private func withPage(_ body: (Host, Browser, String) async throws -> Void) async throws {
        try await withHost { host in
            Files.write(
                host.root + "/agent.yaml",
                "apiVersion: plumb.dev/v1\nkind: Agent\nstatus: {anonymous: [status, metrics, logs]}\n")
            let talker = Declare.shell(
                "talker",
                "printf '%s\\n' '\(Self.hostile.replacing("'", with: "'\\''"))'; "
                    + "printf '\\033[31mred\\033[0m\\033]0;evil\\007 plain\\n'; exec sleep 100000",
                "stop: {grace: 1s}")
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
            let browser = try await Browser()
            do {
                try await browser.size(width: 1440, height: 900)
                try await body(host, browser, "http://127.0.0.1:\(host.port)/")
            } catch {
                try? await browser.shoot("failed")
                await browser.end()
                throw error
            }
            await browser.end()
        }
    }

    private func paints(_ host: Host, _ browser: Browser, _ page: String) async throws {
        try await browser.prefers(dark: false)
        try await browser.go(to: page)
        try await browser.until(
            "three Instances are shown",
            "document.querySelectorAll('table.instances tbody th.name').length === 3")
        let head = try host.repository.head().prefix(7)
        #expect(
            try await browser.value("document.querySelector('.banner').innerText").string?.contains(head)
                == true)
        #expect(
            try await browser.value("document.querySelector('.banner .message').textContent").string
                == "Declare <b>the shop</b>")
        try await browser.until("it is live", "document.querySelector('.link.live')")
        try await browser.until(
            "what it uses is shown", "/Mi|Ki/.test(document.querySelector('td.memory').innerText)")
        try await browser.shoot("light")
        try await browser.prefers(dark: true)
        #expect(
            try await browser.value("getComputedStyle(document.body).backgroundColor").string
                == "rgb(19, 22, 25)")
        try await browser.shoot("dark")
        try await browser.size(width: 390, height: 844, isPhone: true)
        #expect(
            try await browser.value("document.documentElement.scrollWidth").int == 390,
            "nothing to scroll sideways")
        try await browser.shoot("phone")
        try await browser.size(width: 1440, height: 900)
        try await browser.prefers(dark: false)
    }

    /// A commit, a refused commit and a held one are seen without a touch.
    private func follows(_ host: Host, _ browser: Browser) async throws {
        try host.repository.write("more.yaml", Declare.sleeping("more"))
        try host.commit("One more")
        try await browser.until(
            "the new Instance is there",
            "[...document.querySelectorAll('th.name a')].some(a => a.textContent === 'more')")
        try await browser.until(
            "it is healthy",
            "[...document.querySelectorAll('tr')].some(tr => /more.*healthy/s.test(tr.innerText))")
        try host.repository.write("broken.yaml", "kind: nonsense\n")
        try host.commit("A mistake")
        try await browser.until(
            "the mistake is told", "/Invalid/.test(document.querySelector('.attention').innerText)")
        #expect(
            try await browser.value("document.querySelector('.attention').innerText").string?.contains(
                "broken.yaml") == true)
        host.repository.remove("broken.yaml")
        for name in ["web", "db", "more"] { host.repository.remove("\(name).yaml") }
        try host.commit("Remove nearly all")
        try await browser.until(
            "it is held, with the word that lifts it",
            "/plumb approve [0-9a-f-]+/.test(document.querySelector('.attention').innerText)")
        try await browser.shoot("held")
        try host.repository.git("revert", "--no-edit", "HEAD")
        host.repository.remove("broken.yaml")
        try host.commit("As it was")
        try await browser.until("all is well", "document.querySelector('.attention .calm')")
    }

    /// Each page, with text that tries to be more.
    private func shows(_ host: Host, _ browser: Browser, _ page: String) async throws {
        try await browser.go(to: page + "#/instances/talker/logs")
        try await browser.until(
            "the hostile line is shown as text",
            "[...document.querySelectorAll('.entry .text')].some(e => e.textContent.includes('onerror='))")
        #expect(try await browser.value("document.querySelectorAll('main img, main script').length").int == 0)
        #expect(try await browser.value("typeof taken").string == "undefined")
        #expect(try await browser.value("document.querySelector('.entry .a1').textContent").string == "red")
        #expect(
            try await browser.value("document.title.includes('taken') || document.title.includes('evil')")
                .bool == false)
        try await browser.shoot("logs")
        for (path, sign) in [
            ("instances/web", ".steps .s-commit"), ("instances/web/config", ".origin"),
            ("instances/web/processes", ".command"),
            ("instances/web/history", "table"), ("instances/web/sandbox", "table"),
            ("instances/web/change", "details pre"),
            ("plan", ".facts"), ("events", ".timeline li.t-healthy"), ("graph", "a.node"),
            ("revisions", "td .rev"), ("schedules", "main h1"),
        ] {
            try await browser.value("location.hash = '#/\(path)'")
            try await browser.until(
                "\(path) is shown", "document.querySelector('\(sign)') && !document.querySelector('.loading')"
            )
            try await browser.shoot(path.replacing("/", with: "-"), whole: true)
        }
        #expect(try await browser.value("document.querySelectorAll('main').length").int == 1)
    }

    /// By keyboard, and for a screen reader.
    private func isReachable(_ browser: Browser, _ page: String) async throws {
        try await browser.value("location.hash = '#/'")
        try await browser.until("the overview", "document.querySelector('table.instances')")
        var reached: Set<String> = []
        try await browser.value("document.body.focus(), document.activeElement.blur()")
        for _ in 0..<60 {
            try await browser.press("Tab")
            let focus = try await browser.value(
                "(e => [e.tagName + ' ' + (e.getAttribute('aria-label') || e.textContent).trim().slice(0, 30), getComputedStyle(e).outlineStyle])(document.activeElement)"
            )
            reached.insert(focus.array.first?.string ?? "")
            if focus.array.first?.string?.hasPrefix("BODY") != true {
                #expect(focus.array.last?.string == "solid", "the focus is seen at \(focus)")
            }
        }
        for wanted in [
            "A Overview", "A Events", "INPUT Search Instances", "SELECT Phase", "BUTTON Health", "A web",
        ] {
            #expect(reached.contains { $0.hasPrefix(wanted) }, "\(wanted) among \(reached.sorted())")
        }
        try await browser.value("document.activeElement.blur()")
        try await browser.press("/", text: "/")
        #expect(try await browser.value("document.activeElement.id").string == "search")
        try await browser.press("Escape")
        try await browser.press("j", text: "j")
        try await browser.press("Enter")
        try await browser.until("Enter opens an Instance", "location.hash.startsWith('#/instances/')")
        try await browser.press("Escape")
        try await browser.until("Escape leads back", "location.hash === '#/'")

        let named: Set = [
            "button", "link", "textbox", "searchbox", "combobox", "table", "columnheader", "rowheader",
            "navigation", "region", "img",
        ]
        for node in try await browser.accessibilityTree() {
            guard let role = node["role"]["value"].string, named.contains(role) else { continue }
            #expect(
                node["name"]["value"].string?.isEmpty == false,
                "a \(role) without a name: \(node.text.prefix(400))")
        }
    }

    /// The agent dies and comes back.
    private func outlives(_ host: Host, _ browser: Browser) async throws {
        await host.killAgent()
        try await browser.until(
            "it says that it is disconnected",
            "/Disconnected/.test(document.getElementById('link-state').innerText)")
        #expect(
            try await browser.value("document.querySelectorAll('table.instances tbody th.name').length").int
                == 4, "what was known stays")
        try await browser.shoot("disconnected")
        try await host.startAgent(onExit: "stop")
        try await browser.until(
            "it is live again",
            "document.querySelector('.link.live') && !/Disconnected/.test(document.body.innerText)")
        try host.repository.write("last.yaml", Declare.sleeping("last"))
        try host.commit("And one")
        try await browser.until(
            "it follows again",
            "[...document.querySelectorAll('th.name a')].some(a => a.textContent === 'last')")
    }
}
