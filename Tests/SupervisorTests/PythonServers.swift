import Glibc
import Manifests
import Reconciler

@testable import Supervisor

/// A program in Python that serves on a port of its own, in a directory that goes with it.
final class PythonProcess {
    let port: UInt16
    let directory: String
    private let pid: pid_t

    struct Failure: Error {}

    /// The script prints its port, and serves.
    init(_ script: String, in directory: String) throws {
        self.directory = directory
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        let words = ["python3", "-uc", script, directory]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var spawned: pid_t = 0
        guard posix_spawn(&spawned, "/usr/bin/python3", &actions, nil, &arguments, environ) == 0 else {
            throw Failure()
        }
        pid = spawned
        close(ends[1])
        var text = ""
        var byte: UInt8 = 0
        while read(ends[0], &byte, 1) == 1, byte != 10 { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        close(ends[0])
        port = UInt16(text) ?? 0
        guard port > 0 else {
            end()
            throw Failure()
        }
    }

    func end() {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        for name in ["cert.pem", "key.pem"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }

    static func makeDirectory() throws -> String {
        var template = Array("/tmp/plumb-probe-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}

/// An HTTP server whose handler is given, with TLS under a certificate of its own for shop.example.
struct PythonServer {
    private let process: PythonProcess
    var port: UInt16 { process.port }
    var certificate: String { process.directory + "/cert.pem" }

    /// Into the directory `d`.
    static let makeCertificate = """
        import subprocess
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
            '-nodes', '-keyout', d + '/key.pem', '-out', d + '/cert.pem', '-days', '2', '-subj',
            '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example'], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        """

    init(_ handler: String, tls: Bool = false) throws {
        let wrap = """
            \(Self.makeCertificate)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(d + '/cert.pem', d + '/key.pem')
            server.socket = context.wrap_socket(server.socket, server_side=True)

            """
        let body = handler.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        let script =
            "import http.server, ssl, sys, time\nd = sys.argv[1]\n"
            + "class H(http.server.BaseHTTPRequestHandler):\n    def log_message(self, *_): pass\n"
            + body.joined(separator: "\n") + "\n"
            + "class S(http.server.ThreadingHTTPServer):\n    def handle_error(self, *_): pass\n"
            + "server = S(('127.0.0.1', 0), H)\n"
            + (tls ? wrap : "") + "print(server.server_address[1])\nserver.serve_forever()\n"
        process = try PythonProcess(script, in: PythonProcess.makeDirectory())
    }

    func ask(
        _ options: HTTPProbeOptions, caFile: String? = nil, timeout: Duration = .seconds(20)
    ) async -> ProbeOutcome {
        let http = HTTPProbe()
        let question = HTTPQuestion(port: port, path: "/", options: options, caFile: caFile)
        let outcome = await http.check(question, timeout: timeout)
        await http.shutdown()
        return outcome
    }

    func end() { process.end() }
}

/// A server of grpc.health.v1.Health that answers by the name of the service.
struct GRPCServer {
    private let process: PythonProcess
    var port: UInt16 { process.port }

    var certificate: String { process.directory + "/cert.pem" }

    /// nil where Python has no grpc.
    init?(tls: Bool = false) throws {
        let secure = """
            read = lambda name: open(d + name, 'rb').read()
            pair = [(read('/key.pem'), read('/cert.pem'))]
            port = server.add_secure_port('127.0.0.1:0', grpc.ssl_server_credentials(pair))

            """
        let script = """
            import concurrent.futures, sys, time
            d = sys.argv[1]
            try: import grpc
            except ImportError: sys.exit()
            def check(request, context):
                name = request[2:].decode()
                if name == 'none': context.abort(grpc.StatusCode.NOT_FOUND, 'unknown service')
                if name == 'plain': context.abort(grpc.StatusCode.UNIMPLEMENTED, 'none')
                if name == 'slow': context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, 'slow')
                return bytes([8, 2 if name == 'sick' else 1])
            handler = grpc.unary_unary_rpc_method_handler(check)
            server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
            server.add_generic_rpc_handlers((
                grpc.method_handlers_generic_handler('grpc.health.v1.Health', {'Check': handler}),))
            \(tls ? PythonServer.makeCertificate + secure : "port = server.add_insecure_port('127.0.0.1:0')")
            server.start()
            print(port)
            server.wait_for_termination()
            """
        let directory = try PythonProcess.makeDirectory()
        guard let process = try? PythonProcess(script, in: directory) else { return nil }
        self.process = process
    }

    func end() { process.end() }
}
