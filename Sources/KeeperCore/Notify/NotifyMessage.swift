import Glibc
import KeeperProtocol

/// One datagram of a run's notify socket: lines of `NAME=value`, as sd_notify(3) has them. Pure: it is told
/// the time. A line that is not known says nothing, as with every other manager that listens there.
struct NotifyMessage: Equatable {
    private(set) var isReady = false
    private(set) var isReloading = false
    private(set) var isStopping = false
    private(set) var isHeartbeat = false
    private(set) var isTrigger = false
    private(set) var watchdogMicroseconds: UInt64?
    /// What `EXTEND_TIMEOUT_USEC=` asks for, in nanoseconds, within its bound.
    private(set) var moreTime: UInt64?
    private(set) var status: String?
    private(set) var namesMainPid = false
    /// Its one descriptor is to be closed once all that came before it was taken.
    private(set) var isBarrier = false
    /// The descriptors that came along are to be kept, or those of `storeName` to be let go.
    private(set) var storesDescriptors = false
    private(set) var removesDescriptors = false
    /// As it was written; nil where it was not.
    private(set) var storeName: String?
    /// `FDPOLL=0`: the descriptors are not to be watched for their end.
    private(set) var watchesStored = true

    init(_ text: UnsafeRawBufferPointer) {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            let line = UnsafeRawBufferPointer(rebasing: text[start..<end])
            if let cut = line.firstIndex(of: UInt8(ascii: "=")) {
                take(
                    String(decoding: line[..<cut], as: UTF8.self),
                    UnsafeRawBufferPointer(rebasing: line[(cut + 1)...]))
            }
            start = end + 1
        }
    }

    private mutating func take(_ name: String, _ value: UnsafeRawBufferPointer) {
        let isOne = value.elementsEqual([UInt8(ascii: "1")])
        switch name {
        case "READY": isReady = isOne || isReady
        case "RELOADING": isReloading = isOne || isReloading
        case "STOPPING": isStopping = isOne || isStopping
        case "WATCHDOG":
            if isOne { isHeartbeat = true }
            if value.elementsEqual("trigger".utf8) { isTrigger = true }
        case "WATCHDOG_USEC": watchdogMicroseconds = Self.number(value)
        case "EXTEND_TIMEOUT_USEC":
            moreTime = Self.number(value).map { min($0, KeeperBounds.extensionMax / 1000) * 1000 }
        case "STATUS": status = Self.printable(value)
        case "MAINPID": namesMainPid = true
        case "BARRIER": isBarrier = isOne
        case "FDSTORE": storesDescriptors = isOne
        case "FDSTOREREMOVE": removesDescriptors = isOne
        case "FDNAME": storeName = String(decoding: value, as: UTF8.self)
        case "FDPOLL": watchesStored = !value.elementsEqual([UInt8(ascii: "0")])
        default: break
        }
    }

    /// Nil for what is no decimal number, or above what a minute-hand could ever need.
    private static func number(_ value: UnsafeRawBufferPointer) -> UInt64? {
        guard !value.isEmpty, value.count <= 18 else { return nil }
        var number: UInt64 = 0
        for byte in value {
            guard byte >= 48, byte <= 57 else { return nil }
            number = number * 10 + UInt64(byte - 48)
        }
        return number
    }

    /// The beginning of the text as one line that no terminal takes for a command.
    private static func printable(_ value: UnsafeRawBufferPointer) -> String {
        var text = ""
        for scalar in String(decoding: value, as: UTF8.self).unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            // Marks that turn the direction of a line around, or break it.
            let isTricky =
                (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
                || (0x2028...0x2029).contains(scalar.value)
            let shown: Unicode.Scalar = isControl || isTricky ? "?" : scalar
            guard text.utf8.count + UTF8.width(shown) <= WireLimits.notifyStatusBytesMax else { break }
            text.unicodeScalars.append(shown)
        }
        return text
    }
}

extension NotifyState {
    /// Takes one message in. `now`: CLOCK_BOOTTIME in nanoseconds.
    mutating func take(_ message: NotifyMessage, at now: UInt64) {
        if message.isReloading { isReloading = true }
        if message.isReady {
            isReady = true
            isReloading = false
            readyAt = readyAt ?? now
        }
        if message.isStopping {
            isStopping = true
            isReady = false
        }
        if message.isHeartbeat { watchdogAt = now }
        if message.isTrigger { isTriggered = true }
        if let asked = message.watchdogMicroseconds { watchdogMicroseconds = asked }
        if let asked = message.moreTime { extendedUntil = now + asked }
        if let text = message.status { status = text }
        if message.namesMainPid { isMainPidIgnored = true }
    }
}
