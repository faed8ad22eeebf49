import CLinux
import Glibc
import KeeperProtocol

/// What the run was given from descriptor 3 on, and what it stored since. The keeper keeps copies, so that
/// an agent that died can have them back, and the next run of the replica gets them.
struct HeldDescriptors {
    /// What a stored descriptor without a valid name is called, as everywhere.
    static let usualName = "stored"

    let owner: String
    /// How many the run may store.
    let storeMax: Int
    private(set) var passed: [PassedDescriptor] = []
    private(set) var descriptors: [Int32] = []
    /// Descriptors that were not stored because there were too many.
    private(set) var refused: UInt32 = 0

    /// Nil where the request brought others than its specification names.
    init?(_ view: LaunchSpecView, _ request: RequestDescriptors) {
        owner = view.owner
        storeMax = min(Int(view.storeMax), WireLimits.storedMax)
        passed = view.passed.filter { !$0.isStored } + view.passed.filter(\.isStored)
        descriptors = request.listen + request.stored
        guard passed.count == descriptors.count,
            passed.count(where: { !$0.isStored }) == request.listen.count
        else { return nil }
        for place in watched where !PassedDescriptor.hasOtherEnd(descriptors[place]) {
            passed[place].kind = .storedUnwatched
        }
    }

    var isEmpty: Bool { descriptors.isEmpty }
    var storedCount: Int { passed.count(where: \.isStored) }

    /// What a child is given.
    var handover: Handover? {
        isEmpty ? nil : Handover(descriptors: descriptors, names: passed.map(\.name))
    }

    /// Sends copies of all. False where the connection takes nothing.
    func send(to connection: Int32) -> Bool {
        let message = KeeperMessage.descriptors(owner: owner, passed).encoded()
        return clinux_send(connection, message, message.count, descriptors, descriptors.count, 1)
            == message.count
    }
}

/// The descriptor store, with the rules of sd_pid_notify_with_fds(3).
extension HeldDescriptors {
    /// Stores what it can, and returns the others.
    mutating func store(_ new: ArraySlice<Int32>, name: String?, isWatched: Bool) -> [Int32] {
        let valid = name.flatMap { Self.isValid($0) ? $0 : nil } ?? Self.usualName
        var others: [Int32] = []
        for descriptor in new {
            if isKnown(descriptor) {
                others.append(descriptor)
            } else if storedCount >= storeMax {
                others.append(descriptor)
                refused &+= 1
            } else {
                let hasEnd = isWatched && PassedDescriptor.hasOtherEnd(descriptor)
                let kind: PassedDescriptor.Kind = hasEnd ? .stored : .storedUnwatched
                passed.append(PassedDescriptor(kind: kind, name: valid, key: ""))
                descriptors.append(descriptor)
            }
        }
        return others
    }

    /// Removes all stored ones of that name, and returns them.
    mutating func remove(named name: String?) -> [Int32] {
        guard let name, Self.isValid(name) else { return [] }
        return remove(at: passed.indices.filter { passed[$0].isStored && passed[$0].name == name })
    }

    /// Places of those whose other end is looked at.
    var watched: [Int] { passed.indices.filter { passed[$0].kind == .stored } }

    mutating func remove(at places: [Int]) -> [Int32] {
        let removed = places.map { descriptors[$0] }
        for place in places.sorted(by: >) {
            descriptors.remove(at: place)
            passed.remove(at: place)
        }
        return removed
    }

    /// What was stored already is not stored again under another name.
    private func isKnown(_ descriptor: Int32) -> Bool {
        passed.indices.contains { place in
            passed[place].isStored && clinux_is_same_description(descriptors[place], descriptor) == 1
        }
    }

    /// Printable ASCII without the colon that separates names in LISTEN_FDNAMES.
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= WireLimits.storedNameBytesMax
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    }
}
