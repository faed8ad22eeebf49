import CStarter
import Manifests

/// What `plumb init` writes: bytes of this program, the same files that stand in its repository.
struct StarterFiles {
    let files: [(path: String, bytes: [UInt8])]
    let hook: [UInt8]

    private static let hookName = "hook"

    init(ci: InitCommand.Forge) {
        let all = Self.embedded()
        let workflow: String? =
            switch ci {
            case .github: ".github/workflows/plumb.yml"
            case .gitlab: ".gitlab-ci.yml"
            case .gitea: ".gitea/workflows/plumb.yml"
            case .none: nil
            }
        let always = ["README.md", "units/hello.yaml", "instances/hello.yaml", ".plumb/nodes.yaml"]
        files =
            all.filter { always.contains($0.path) || $0.path == workflow }
            + [(".plumb/schema.json", Array((Schema.jsonSchema(kind: nil) + "\n").utf8))]
        hook = all.first { $0.path == Self.hookName }?.bytes ?? []
    }

    private static func embedded() -> [(path: String, bytes: [UInt8])] {
        var found: [(path: String, bytes: [UInt8])] = []
        while true {
            let file = cstarter_file(found.count)
            guard let name = file.name else { return found }
            found.append(
                (String(cString: name), Array(UnsafeBufferPointer(start: file.bytes, count: file.length))))
        }
    }
}
