import Reconciler

/// The environment of a run: clean, then what a login would give, then the declared variables, secrets, and
/// what Plumb says. The later wins. Nothing is substituted in values.
struct RunEnvironment {
    /// What a bare command name is looked up in unless `env` declares a PATH.
    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    struct Facts {
        var run: RunID
        var slot: SlotID
        var revision: RevisionID
        var node: String
        var user: RunUser
        var directories: ReplicaDirectories
        var sharedDir: String
    }

    static func variables(_ process: ProcessSpec, secrets: [String: String], _ facts: Facts) -> [String:
        String]
    {
        var variables = [
            "PATH": defaultPath, "HOME": facts.user.home, "USER": facts.user.name,
            "LOGNAME": facts.user.name, "SHELL": facts.user.shell, "LANG": "C.UTF-8",
        ]
        variables.merge(process.env) { $1 }
        variables.merge(secrets) { $1 }
        variables.merge(own(process, facts)) { $1 }
        return variables
    }

    private static func own(_ process: ProcessSpec, _ facts: Facts) -> [String: String] {
        var own = [
            "PLUMB_INSTANCE": facts.slot.instance,
            "PLUMB_REPLICA": "\(facts.slot.replica.index)",
            "PLUMB_RUN_ID": facts.run.text,
            "PLUMB_PRIVATE_DIR": facts.directories.privateDir,
            "PLUMB_WORKSPACE_DIR": facts.directories.workspace,
            "PLUMB_SHARED_DIR": facts.sharedDir,
            "PLUMB_LOG_DIR": facts.directories.logs,
            "PLUMB_REVISION": facts.revision.hex,
            "PLUMB_NODE": facts.node,
        ]
        // Without a config file there is no path that the variable could truthfully name.
        if let file = process.configFile {
            own["PLUMB_CONFIG_PATH"] = "\(facts.directories.config)/\(file.name)"
        }
        for endpoint in process.endpoints {
            guard let port = endpoint.port(index: facts.slot.replica.index) else { continue }
            own["PLUMB_PORT_\(variableName(endpoint.name))"] = "\(port)"
        }
        return own
    }

    /// `admin-http` → `ADMIN_HTTP`.
    private static func variableName(_ name: String) -> String {
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
