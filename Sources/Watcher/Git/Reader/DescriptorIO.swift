import Glibc

/// Reading and writing whole buffers on descriptors, interrupted calls continued.
enum DescriptorIO {
    /// Writes everything, or returns the errno of the call that failed.
    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        transfer(bytes.count) { offset in
            Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
        }
    }

    /// The same for a socket: a peer that is gone is EPIPE, not a signal.
    static func sendAll(_ bytes: UnsafeRawBufferPointer, to socket: Int32) -> Int32? {
        transfer(bytes.count) { offset in
            send(socket, bytes.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
        }
    }

    /// Fills the buffer. False when the peer is gone or the read failed before that.
    static func readAll(_ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32) -> Bool {
        transfer(buffer.count) { offset in
            let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
            if count == 0 { errno = EPIPE }
            return count == 0 ? -1 : count
        } == nil
    }

    private static func transfer(_ count: Int, _ call: (_ offset: Int) -> Int) -> Int32? {
        var done = 0
        while done < count {
            let step = call(done)
            if step >= 0 {
                done += step
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}

/// What the system calls an error number.
enum SystemMessage {
    static func of(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else {
                return "error \(code)"
            }
            return String(cString: base)
        }
    }
}
