internal import Synchronization

/// A Unit as a file declares it; shared, so that putting ten thousand files together copies no declaration.
final class UnitRecord: Sendable {
    let declaration: UnitDeclaration
    let id: UnitID
    let isOneshot: Bool

    init(_ declaration: UnitDeclaration) {
        self.declaration = declaration
        id = declaration.id
        isOneshot = declaration.profile == .oneshot
    }
}

/// An Instance as a file declares it, with what every assembly asks of it.
final class InstanceRecord: Sendable {
    let declaration: InstanceDeclaration
    let name: String
    /// `web@^1.4`: equal texts pick the same Unit.
    let reference: String
    let replacesHealth: Bool
    let replacesStop: Bool
    let replacesSandbox: Bool
    let replacesRestart: Bool
    let hasConfig: Bool

    /// What its configuration was found right against. The check is a pure function of these and of the
    /// declaration, so its answer may be remembered; assemblies on several threads may ask.
    private let passed = Mutex<PassedCheck?>(nil)

    struct PassedCheck {
        var unit: UnitRecord
        var configs: [ConfigRecord]

        func equals(_ other: PassedCheck) -> Bool {
            unit === other.unit && configs.elementsEqual(other.configs, by: ===)
        }
    }

    init(_ declaration: InstanceDeclaration) {
        self.declaration = declaration
        name = declaration.metadata.name
        reference = "\(declaration.unit.name)@\(declaration.unit.text)"
        let overrides = declaration.overrides
        replacesHealth = overrides.health != nil
        replacesStop = overrides.stop?.steps != nil
        replacesSandbox = overrides.sandbox != nil
        replacesRestart = overrides.restart != nil
        hasConfig = !declaration.config.isEmpty || !declaration.configFrom.isEmpty
    }

    func hasPassed(_ check: PassedCheck) -> Bool { passed.withLock { $0?.equals(check) ?? false } }

    func remember(_ check: PassedCheck) { passed.withLock { $0 = check } }
}

/// A Schedule as a file declares it, and what it runs as an Instance would.
final class ScheduleRecord: Sendable {
    let declaration: ScheduleDeclaration
    let name: String
    /// nil where its action runs nothing.
    let runner: InstanceRecord?

    init(_ declaration: ScheduleDeclaration) {
        self.declaration = declaration
        name = declaration.metadata.name
        runner = declaration.runner.map(InstanceRecord.init)
    }
}

/// A config file's values; shared like the declarations.
final class ConfigRecord: Sendable {
    let file: ConfigFile

    init(_ file: ConfigFile) { self.file = file }
}
