import Glibc
import NIOSSL
import Synchronization

/// The certificate that new connections are shown. Files that changed are read when the next one comes, so
/// that nothing watches them meanwhile; what cannot be used leaves the one before in force.
final class TLSKeeper: Sendable {
    private struct State {
        var context: NIOSSLContext
        var stamps: [FileStamp?]
        var facts: TLSFacts
    }

    private let files: TLSFiles
    private let say: @Sendable (String) -> Void
    private let state: Mutex<State>

    private static let fileBytesMax = 1 << 20

    /// - Parameter say: told when other files are in force, and why not.
    init(_ files: TLSFiles, say: @escaping @Sendable (String) -> Void) throws(TLSFilesError) {
        self.files = files
        self.say = say
        let stamps = Self.stamps(files)
        let (context, expires) = try Self.load(files)
        state = Mutex(State(context: context, stamps: stamps, facts: TLSFacts(notAfter: expires)))
    }

    var facts: TLSFacts { state.withLock { $0.facts } }

    /// For a connection that begins now.
    func context() -> NIOSSLContext {
        let (context, words) = state.withLock { state -> (NIOSSLContext, String?) in
            let stamps = Self.stamps(files)
            guard stamps != state.stamps else { return (state.context, nil) }
            // Whatever comes of it, the same files are not read again.
            state.stamps = stamps
            do throws(TLSFilesError) {
                let (context, expires) = try Self.load(files)
                state.context = context
                state.facts.notAfter = expires
                state.facts.reloads += 1
                return (context, "the certificate \(files.certificate) was read anew")
            } catch {
                state.facts.failures += 1
                return (state.context, "the certificate before stays in force: \(error)")
            }
        }
        if let words { say(words) }
        return context
    }

    private static func stamps(_ files: TLSFiles) -> [FileStamp?] {
        [files.certificate, files.key].map { FileStamp($0) }
    }

    private static func load(_ files: TLSFiles) throws(TLSFilesError) -> (NIOSSLContext, expires: Int64) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(try read(files.certificate, isKey: false))
        } catch {
            throw (error as? TLSFilesError) ?? .noCertificate(files.certificate)
        }
        guard let own = chain.first else { throw .noCertificate(files.certificate) }
        let bytes = try read(files.key, isKey: true)
        // A key with a passphrase is refused: nobody is there to be asked for it.
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem, passphraseCallback: { $0("".utf8) })
        else { throw .noKey(files.key) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return (try NIOSSLContext(configuration: configuration), Int64(own.notValidAfter))
        } catch {
            throw .mismatch(certificate: files.certificate, key: files.key, problem: "\(error)")
        }
    }

    private static func read(_ path: String, isKey: Bool) throws(TLSFilesError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path, problem: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path, problem: "it is no file")
        }
        if isKey {
            guard info.st_uid == 0 || info.st_uid == geteuid() else { throw .strangersKey(path) }
            // A group may read it, as Debian's ssl-cert does; nobody else may do anything.
            guard info.st_mode & 0o027 == 0 else {
                throw .tooOpen(path, mode: "0" + String(info.st_mode & 0o777, radix: 8))
            }
        }
        guard info.st_size <= fileBytesMax else { throw .unreadable(path, problem: "it is too large") }
        var bytes = [UInt8](repeating: 0, count: Int(info.st_size) + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .unreadable(path, problem: String(cString: strerror(errno))) }
        return Array(bytes[..<count])
    }
}

/// What can be told of the certificate in force.
struct TLSFacts: Sendable, Hashable {
    /// Seconds since 1970.
    var notAfter: Int64
    var reloads = 0
    var failures = 0
}
