/// A way for a browser to the local socket, which it cannot reach by itself.
extension Host {
    private static let script = """
        import socket, sys, threading

        def pump(one, other):
            try:
                while data := one.recv(65536):
                    other.sendall(data)
            except OSError:
                pass
            for end in (one, other):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        while True:
            client, _ = server.accept()
            agent = socket.socket(socket.AF_UNIX)
            agent.connect(sys.argv[2])
            for pair in ((client, agent), (agent, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()
        """

    /// Returns the address of the page. It ends with the host.
    func relay() throws -> String {
        let port = try Ports.free()
        _ = try ChildProcess(
            ["/usr/bin/python3", "-c", Self.script, "\(port)", socket], environment: environment,
            directory: root,
            output: root + "/relay.log", errors: root + "/relay.log")
        return "http://127.0.0.1:\(port)/"
    }
}
