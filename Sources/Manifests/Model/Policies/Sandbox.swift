/// How far a process is shut in, as it is declared: a level, and single fields that tighten or loosen it.
/// Stored with specs: a field that came after `level` is optional.
package struct Sandbox: Sendable, Hashable, Codable {
    package enum Level: String, Sendable, Hashable, Codable, CaseIterable {
        case none, minimal, standard, strict, paranoid
    }
    package enum SystemProtection: String, Sendable, Hashable, Codable, CaseIterable {
        case off, full, strict
    }
    package enum ProcProtection: String, Sendable, Hashable, Codable, CaseIterable {
        case `default`, invisible
    }
    package enum Network: String, Sendable, Hashable, Codable, CaseIterable { case none, local, full }
    package enum FilterMode: String, Sendable, Hashable, Codable, CaseIterable { case off, deny, allow }

    package struct SystemCallFilter: Sendable, Hashable, Codable {
        /// nil: that of the level.
        package var mode: FilterMode?
        package var allow: [String]
        package var deny: [String]

        package init(mode: FilterMode? = nil, allow: [String] = [], deny: [String] = []) {
            self.mode = mode
            self.allow = allow
            self.deny = deny
        }
    }

    package var level: Level
    /// nil is true: what this host cannot give is a reason not to start.
    package var required: Bool?
    package var noNewPrivileges: Bool?
    package var privateTmp: Bool?
    package var protectSystem: SystemProtection?
    package var hideInstances: Bool?
    package var protectProc: ProcProtection?
    package var protectKernelTunables: Bool?
    package var privateDevices: Bool?
    package var network: Network?
    /// Those that are kept, without `CAP_`.
    package var capabilities: [String]?
    package var landlock: Bool?
    package var systemCallFilter: SystemCallFilter?
    package var privateUsers: Bool?
    package var privatePids: Bool?
    package var privateIPC: Bool?
    package var readOnlyPaths: [String]?
    package var readWritePaths: [String]?
    package var inaccessiblePaths: [String]?

    package init(level: Level = .minimal) { self.level = level }
}
