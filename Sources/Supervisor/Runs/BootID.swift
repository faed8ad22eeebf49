import KeeperProtocol

/// The id that the kernel gives each of its boots.
package enum BootID {
    package static let current: String? = {
        if let pretended = FailPoint.pretendedBootID { return pretended }
        guard let bytes = try? contents(of: "/proc/sys/kernel/random/boot_id", bytesMax: 256) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
        return text.isEmpty ? nil : String(text)
    }()
}
