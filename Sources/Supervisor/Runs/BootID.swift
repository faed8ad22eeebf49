/// The id that the kernel gives each of its boots.
enum BootID {
    static let current: String? = {
        guard let bytes = try? contents(of: "/proc/sys/kernel/random/boot_id", bytesMax: 256) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
        return text.isEmpty ? nil : String(text)
    }()
}
