/// What this version enforces; cgroup limits are refused until it does.
package struct Resources: Sendable, Hashable, Codable {
    package var nofile: UInt64?

    package init(nofile: UInt64? = nil) { self.nofile = nofile }
}
