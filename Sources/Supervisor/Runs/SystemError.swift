import Glibc

/// A system call that failed, and upon what.
struct SystemError: Error, Sendable, CustomStringConvertible {
    var call: String
    var subject: String
    var number: Int32

    init(_ call: String, _ subject: String, number: Int32 = errno) {
        self.call = call
        self.subject = subject
        self.number = number
    }

    var description: String { "\(call) \(subject): \(SystemError.text(number))" }

    /// `No such file or directory`.
    static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        // The XSI variant fills the buffer; glibc's own may return a constant. Swift sees the XSI one.
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the same call may succeed later, with nothing mended by anybody.
    var isTransient: Bool {
        [EAGAIN, EINTR, EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EIO, EBUSY, ETOOMANYREFS].contains(number)
    }
}
