import Manifests

extension SpecFields {
    mutating func addResources(_ resources: Resources, overridden: Bool) {
        if let nofile = resources.nofile {
            addBlock("spec.resources.nofile", "\(nofile)", .live, overridden: overridden)
        }
    }
}
