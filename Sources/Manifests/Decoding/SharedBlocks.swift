/// What Instances and Schedules declare alike.
extension SchemaDecoder {
    mutating func secretFiles(_ spec: CheckedObject) -> [String: String] {
        var result: [String: String] = [:]
        for (variable, value) in spec.map("secrets") {
            if case .object(let object) = value, let file = object.string("file") { result[variable] = file }
        }
        for variable in result.keys where ReservedVariables.contains(variable) {
            report(
                .reservedVariable, mark(of: "spec.secrets.\(variable)"),
                "the variable '\(variable)' is set by Plumb itself")
        }
        return result
    }

    /// `name` is the Instance's own; nil: none is.
    mutating func dependencies(_ spec: CheckedObject, of name: String?) -> [Dependency] {
        var result: [Dependency] = []
        for (index, object) in spec.objects("dependsOn").enumerated() {
            guard let instance = object.string("instance") else { continue }
            let place = mark(of: "spec.dependsOn[\(index)].instance")
            if instance == name {
                report(.selfDependency, place, "'\(instance)' depends on itself")
            } else if result.contains(where: { $0.instance == instance }) {
                report(.duplicateItem, place, "'\(instance)' stands twice in dependsOn")
            }
            result.append(
                Dependency(
                    instance: instance, condition: object.choice("condition") ?? .ready,
                    required: object.bool("required") ?? true))
        }
        return result
    }
}

extension CheckedObject {
    var nodeSelection: NodeSelection {
        let nodes = object("nodes")
        return NodeSelection(
            names: nodes?.strings("names") ?? [], selector: nodes?.stringMap("selector") ?? [:])
    }

    var configValues: [String: ConfigValue] {
        map("config").compactMapValues { if case .config(let value) = $0 { value } else { nil } }
    }
}
