import KeeperProtocol
import Manifests
import Reconciler

/// What the levels of `sandbox.level` mean to a keeper.
///
/// `none`: a clean environment, the ids, the mask and the limits that are declared, and no more.
/// `minimal`: besides, no program of the run gains rights by setuid or file capabilities.
enum SandboxSettings {
    static func apply(_ spec: InstanceSpec, to launch: inout LaunchSpec) {
        let process = spec.process
        launch.noNewPrivileges = process.sandbox.level != .none
        launch.umask = process.umask
        ProcessLimits.apply(spec.resources, to: &launch)
    }
}
