/// A checked `spec` of an Instance → `InstanceDeclaration`, and the rules within one Instance.
struct InstanceDecoding {
    let spec: CheckedObject
    let source: DeclarationSource
    var decoder: SchemaDecoder

    /// nil where the name or the unit is missing; every other mistake is reported as well.
    mutating func declaration(_ metadata: Metadata?) -> InstanceDeclaration? {
        let dependencies = decoder.dependencies(spec, of: metadata?.name)
        let update = update()
        let overrides = decoder.policies(spec)
        let secrets = decoder.secretFiles(spec)
        guard let metadata, case .reference(let unit)? = spec["unit"] else { return nil }
        return InstanceDeclaration(
            metadata: metadata, unit: unit, desired: spec.choice("desired") ?? .running,
            replicas: spec.integer("replicas") ?? 1,
            nodes: spec.nodeSelection,
            config: spec.configValues, configFrom: Self.configFrom(spec), secrets: secrets,
            dependsOn: dependencies, update: update, suspend: spec.bool("suspend") ?? false,
            restartNonce: spec.string("restartNonce") ?? "", drift: spec.choice("drift") ?? .report,
            prune: spec.choice("prune") ?? .allow, overrides: overrides, source: source)
    }

    /// The schema has accepted the paths, so normalising them cannot fail.
    static func configFrom(_ spec: CheckedObject) -> [String] {
        spec.strings("configFrom").compactMap { SourcePath.normalised($0) }
    }

    private mutating func update() -> UpdatePolicy {
        let standard = UpdatePolicy()
        guard let object = spec.object("update") else { return standard }
        let isCanary = object.string("strategy") == UpdatePolicy.canaryName
        if object.has("canary"), !isCanary {
            decoder.report(
                .canaryWithoutStrategy, decoder.mark(of: "spec.update.canary"),
                "canary is set, and the strategy is not canary")
        }
        let isBlueGreen = object.string("strategy") == UpdatePolicy.blueGreenName
        let update = UpdatePolicy(
            strategy: isCanary || isBlueGreen ? .rolling : object.choice("strategy") ?? standard.strategy,
            maxUnavailable: object.integer("maxUnavailable") ?? standard.maxUnavailable,
            minHealthyTime: object.duration("minHealthyTime") ?? standard.minHealthyTime,
            healthyDeadline: object.duration("healthyDeadline") ?? standard.healthyDeadline,
            progressDeadline: object.duration("progressDeadline") ?? standard.progressDeadline,
            isRollbackAutomatic: object.object("rollback")?.bool("automatic")
                ?? standard.isRollbackAutomatic,
            canary: isCanary ? canary(object.object("canary")) : nil,
            maxSurge: object.integer("maxSurge") ?? standard.maxSurge, isBlueGreen: isBlueGreen)
        checkSurge(object, update)
        checkOrder(
            object, ("minHealthyTime", update.minHealthyTime), ("healthyDeadline", update.healthyDeadline))
        checkOrder(
            object, ("healthyDeadline", update.healthyDeadline), ("progressDeadline", update.progressDeadline)
        )
        return update
    }

    private mutating func checkSurge(_ object: CheckedObject, _ update: UpdatePolicy) {
        if update.maxSurge > 0, update.isBlueGreen || update.strategy == .recreate {
            decoder.report(
                .updateStrategy, decoder.mark(of: "spec.update.maxSurge"),
                "maxSurge is set, and the strategy is \(update.strategyName)",
                help: "remove maxSurge (blueGreen has a whole set beside the old one), or write"
                    + " strategy: rolling")
        }
        if update.maxUnavailable == 0, object.has("maxUnavailable"), !update.overlaps {
            decoder.report(
                .updateStrategy, decoder.mark(of: "spec.update.maxUnavailable"),
                "maxUnavailable is 0, and nothing may run beyond the count: no replica could be replaced",
                help: "write maxSurge: 1, or maxUnavailable: 1")
        }
    }

    private func canary(_ object: CheckedObject?) -> UpdatePolicy.Canary {
        let standard = UpdatePolicy.Canary()
        return UpdatePolicy.Canary(
            replicas: object?.integer("replicas") ?? standard.replicas,
            hold: object?.duration("hold") ?? standard.hold)
    }

    private mutating func checkOrder(
        _ object: CheckedObject, _ first: (key: String, value: Duration),
        _ second: (key: String, value: Duration)
    ) {
        guard first.value >= second.value, !object.isInvalid(first.key), !object.isInvalid(second.key) else {
            return
        }
        func shown(_ part: (key: String, value: Duration)) -> String {
            "\(part.key) \(Quantities.text(part.value))\(object.has(part.key) ? "" : " (default)")"
        }
        let blamed = object.has(first.key) ? first.key : second.key
        decoder.report(
            .deadlineOrder, decoder.mark(of: "spec.update.\(blamed)"),
            "\(shown(first)) is not shorter than \(shown(second))")
    }
}
