import Glibc

/// User names and numbers, both ways.
enum UserName {
    /// The number behind a name or a number written out.
    static func id(of name: String) throws(GitError) -> UInt32 {
        if let number = UInt32(name) { return number }
        var entry = passwd()
        guard let id = lookUp({ getpwnam_r(name, &entry, $0, $1, $2) }, { $0.pw_uid }) else {
            throw GitError(
                .wrongOwner, "source.owner names the user \(name), who does not exist on this host",
                advice: "correct source.owner in agent.yaml")
        }
        return id
    }

    /// `ann (uid 1000)`, or `uid 1000` when the number has no name.
    static func describe(_ id: UInt32) -> String {
        name(of: id).map { "\($0) (uid \(id))" } ?? "uid \(id)"
    }

    static func name(of id: UInt32) -> String? {
        var entry = passwd()
        return lookUp({ getpwuid_r(id, &entry, $0, $1, $2) }, { $0.pw_name.map { String(cString: $0) } })
            ?? nil
    }

    /// Calls one of the reentrant look-ups with room for its texts.
    private static func lookUp<Value>(
        _ call: (UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>) ->
            Int32,
        _ value: (passwd) -> Value
    ) -> Value? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
            var found: UnsafeMutablePointer<passwd>?
            guard let base = buffer.baseAddress, call(base, buffer.count, &found) == 0 else { return nil }
            return found.map { value($0.pointee) }
        }
    }
}
