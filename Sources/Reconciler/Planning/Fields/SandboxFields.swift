import Manifests

extension SpecFields {
    mutating func addSandbox(_ sandbox: Sandbox, overridden: Bool) {
        if sandbox.level != .minimal {
            addBlock("spec.sandbox.level", sandbox.level.rawValue, .restart, overridden: overridden)
        }
    }
}
