import Manifests
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Reconciler

/// One question of a grpc check.
struct GRPCQuestion: Sendable {
    var port: UInt16
    var service: String
    var tls: ProbeTLS?
    /// Absolute; of `tls`.
    var caFile: String?
}

/// Asks grpc.health.v1.Health/Check, and passes on SERVING alone.
final class GRPCProbe: Sendable {
    private let contexts = ProbeContexts()

    func check(_ question: GRPCQuestion, timeout: Duration) async -> ProbeOutcome {
        let target = ":\(question.port)"
        return await within(timeout) {
            do {
                return try await self.ask(question, timeout).outcome(target)
            } catch {
                return .failed("\(target): \(NetworkWords.text(error))")
            }
        } ?? .failed("no answer from \(target) within \(timeout)")
    }

    private func ask(_ question: GRPCQuestion, _ timeout: Duration) async throws -> GRPCHealthAnswer {
        let context = try question.tls.map { try contexts.context($0, caFile: question.caFile) }
        let (channel, connected) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(timeout.nanoseconds))
            .connect(host: "127.0.0.1", port: Int(question.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connected = channel.eventLoop.makePromise(of: HTTP2Connection.self)
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        let name = question.tls?.serverName
                        try pipeline.addHandlers(
                            NIOSSLClientHandler(context: context, serverHostname: name),
                            HTTP2AfterHandshake(connected))
                    } else {
                        connected.completeWith(Result { try pipeline.http2() })
                    }
                    return (channel, connected.futureResult)
                }
            }
        return try await withTaskCancellationHandler {
            // The end of a connection is no part of the answer, so nobody waits for it.
            defer { channel.close(promise: nil) }
            return try await Self.exchange(question, timeout, connected.get())
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func exchange(
        _ question: GRPCQuestion, _ timeout: Duration,
        _ connection: HTTP2Connection
    ) async throws -> GRPCHealthAnswer {
        let stream = try await connection.openStream { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<HTTP2Frame.FramePayload, HTTP2Frame.FramePayload>(
                    wrappingChannelSynchronously: channel)
            }
        }
        let headers: HPACKHeaders = [
            ":method": "POST", ":scheme": question.tls == nil ? "http" : "https",
            ":path": "/grpc.health.v1.Health/Check", ":authority": "127.0.0.1:\(question.port)",
            "te": "trailers", "content-type": "application/grpc", "user-agent": "plumb-probe",
            "grpc-timeout": "\(timeout.wholeMilliseconds)m",
        ]
        return try await stream.executeThenClose { inbound, outbound in
            try await outbound.write(.headers(.init(headers: headers)))
            let message = ByteBuffer(bytes: GRPCHealthAnswer.request(service: question.service))
            try await outbound.write(.data(.init(data: .byteBuffer(message), endStream: true)))
            var answer = GRPCHealthAnswer()
            for try await frame in inbound {
                switch frame {
                case .headers(let received):
                    answer.take(received.headers.map { ($0.name, $0.value) })
                    if received.endStream { return answer }
                case .data(let received):
                    if case .byteBuffer(let bytes) = received.data { answer.take(bytes.readableBytesView) }
                    if received.endStream { return answer }
                default: break
                }
            }
            return answer
        }
    }
}

/// What has come of an answer so far. Pure.
struct GRPCHealthAnswer: Sendable {
    private var httpStatus: String?
    private var status: String?
    private var message = ""
    private var body: [UInt8] = []
    private static let bodyBytesMax = 4096

    /// The call's one message: not compressed, its length, then field 1 of HealthCheckRequest.
    static func request(service: String) -> [UInt8] {
        let name = Array(service.utf8.prefix(StringLimit.serviceBytesMax))
        var field: [UInt8] = []
        if !name.isEmpty {
            field = [0x0A]
            var length = name.count
            while length >= 0x80 {
                field.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            field.append(UInt8(length))
            field += name
        }
        return [0] + (0..<4).map { UInt8(truncatingIfNeeded: field.count >> (24 - 8 * $0)) } + field
    }

    private enum StringLimit { static let serviceBytesMax = 4096 }

    mutating func take(_ headers: [(name: String, value: String)]) {
        for (name, value) in headers {
            switch name {
            case ":status": httpStatus = value
            case "grpc-status": status = value
            case "grpc-message": message = String(value.prefix(100))
            default: break
            }
        }
    }

    mutating func take(_ bytes: some Collection<UInt8>) {
        body += bytes.prefix(Self.bodyBytesMax - body.count)
    }

    func outcome(_ target: String) -> ProbeOutcome {
        if let httpStatus, httpStatus != "200" {
            return .failed("\(target) answers HTTP \(httpStatus), which is no gRPC")
        }
        switch status {
        case "0": break
        case "5": return .failed("SERVICE_UNKNOWN from \(target)")
        case "12":
            return .failed("UNIMPLEMENTED from \(target): the server has no grpc.health.v1.Health")
        case let code?:
            return .failed("gRPC status \(code) from \(target)" + (message.isEmpty ? "" : ": \(message)"))
        case nil where httpStatus == nil:
            return .failed("\(target) closed the connection without an answer, as what speaks no gRPC does")
        case nil: return .failed("\(target) ended the call without a gRPC status")
        }
        switch Self.serving(body) {
        case 1: return .passed("SERVING from \(target)")
        case 2: return .failed("NOT_SERVING from \(target)")
        case 3: return .failed("SERVICE_UNKNOWN from \(target)")
        case 0: return .failed("UNKNOWN from \(target)")
        default: return .failed("\(target) answers what is no HealthCheckResponse")
        }
    }

    /// Field 1 of HealthCheckResponse; 0 where it is left out, nil where it cannot be read.
    private static func serving(_ body: [UInt8]) -> Int? {
        guard body.count >= 5, body[0] == 0 else { return nil }
        let message = body.dropFirst(5)
        if message.isEmpty { return 0 }
        guard message.count >= 2, message[message.startIndex] == 0x08 else { return nil }
        let value = message[message.startIndex + 1]
        return value < 0x80 ? Int(value) : nil
    }
}
