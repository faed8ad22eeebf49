import KeeperProtocol
import Manifests
import Reconciler

/// What every run gets of its sandbox and limits, whatever its level.
enum SandboxSettings {
    static func apply(_ spec: InstanceSpec, _ rules: SandboxRules, to launch: inout LaunchSpec) {
        launch.noNewPrivileges = rules.noNewPrivileges
        launch.umask = spec.process.umask
        ProcessLimits.apply(spec.resources, to: &launch)
    }
}
