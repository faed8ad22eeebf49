import Glibc
import KeeperProtocol

/// The descriptors that came with one request, by what they are for; -1 where one did not come.
struct RequestDescriptors {
    private(set) var lock: Int32 = -1
    private(set) var spec: Int32 = -1
    private(set) var slotDirectory: Int32 = -1
    private(set) var outputDirectory: Int32 = -1
    private(set) var control: Int32 = -1
    private(set) var socketDirectory: Int32 = -1
    private(set) var notify: Int32 = -1
    private(set) var listen: [Int32] = []
    private(set) var stored: [Int32] = []

    /// Takes over all of `descriptors`. One without a role, or with the role of an earlier one, is closed.
    init(roles: [DescriptorRole?], descriptors: UnsafeBufferPointer<Int32>) {
        for (index, descriptor) in descriptors.enumerated() {
            switch index < roles.count ? roles[index] : nil {
            case .lock: Self.take(descriptor, as: &lock)
            case .spec: Self.take(descriptor, as: &spec)
            case .slotDirectory: Self.take(descriptor, as: &slotDirectory)
            case .outputDirectory: Self.take(descriptor, as: &outputDirectory)
            case .control: Self.take(descriptor, as: &control)
            case .socketDirectory: Self.take(descriptor, as: &socketDirectory)
            case .notify: Self.take(descriptor, as: &notify)
            case .listen: listen.append(descriptor)
            case .stored: stored.append(descriptor)
            case nil: close(descriptor)
            }
        }
    }

    private static func take(_ descriptor: Int32, as place: inout Int32) {
        if place < 0 { place = descriptor } else { close(descriptor) }
    }
}
