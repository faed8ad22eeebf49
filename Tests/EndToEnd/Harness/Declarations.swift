/// Declarations as an operator would write them, with the parts that a test is about.
enum Declare {
    /// A Unit that runs a shell script.
    static func shell(
        _ name: String, version: String = "1.0.0", _ script: String, _ more: String = ""
    ) -> String {
        unit(
            name, version: version,
            "entry:\n  command: /bin/sh\n  args:\n    - -c\n    - |\n\(indented(script, by: 6))\n\(more)")
    }

    /// A Unit that runs python.
    static func python(
        _ name: String, version: String = "1.0.0", _ script: String, _ more: String = ""
    ) -> String {
        unit(
            name, version: version,
            "entry:\n  command: /usr/bin/python3\n  args:\n    - -uc\n    - |\n"
                + "\(indented(script, by: 6))\n\(more)")
    }

    static func unit(_ name: String, version: String = "1.0.0", _ more: String) -> String {
        "apiVersion: plumb.dev/v1\nkind: Unit\nmetadata: {name: \(name)}\nspec:\n  version: \(version)\n"
            + indented(more, by: 2) + "\n"
    }

    /// What is in `more` begins at line 6.
    static func instance(
        _ name: String, of unit: String, _ more: String = "", labels: String = ""
    ) -> String {
        "apiVersion: plumb.dev/v1\nkind: Instance\n"
            + "metadata: {name: \(name)\(labels.isEmpty ? "" : ", labels: " + labels)}\n"
            + "spec:\n  unit: \(unit)\n" + indented(more, by: 2) + (more.isEmpty ? "" : "\n")
    }

    /// Sleeps until it is told to end, with one config field so that it can be changed.
    static let sleeper = shell(
        "sleeper", "exec sleep 100000",
        """
        config: {fields: [{name: level, type: int, default: 0}]}
        stop: {grace: 2s}
        """)

    static func sleeping(_ name: String, level: Int = 0, _ more: String = "") -> String {
        instance(name, of: "sleeper", "config: {level: \(level)}" + (more.isEmpty ? "" : "\n" + more))
    }

    private static func indented(_ text: String, by count: Int) -> String {
        let margin = String(repeating: " ", count: count)
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
    }
}

/// A web service that says that it is well as long as its workspace holds no file `sick`.
enum Workload {
    static let web = """
        import http.server, os, time
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                sick = os.path.exists(os.environ["PLUMB_WORKSPACE_DIR"] + "/sick")
                self.send_response(503 if sick else 200)
                self.end_headers()
            def log_message(self, *_):
                pass
        time.sleep(float(os.environ.get("SLOW", "0")))
        address = ("127.0.0.1", int(os.environ["PLUMB_PORT_HTTP"]))
        http.server.ThreadingHTTPServer(address, Handler).serve_forever()
        """
}
