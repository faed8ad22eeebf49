import Manifests

/// What differs between two specs of one Instance, field by field, in the order of their paths.
package func fieldChanges(from old: InstanceSpec, to new: InstanceSpec) -> [FieldChange] {
    old.specHash == new.specHash ? [] : fieldChanges(from: old.fields, to: new.fields)
}

/// Both are sorted by path.
func fieldChanges(from old: [SpecField], to new: [SpecField]) -> [FieldChange] {
    var changes: [FieldChange] = []
    // A field that only moves between restart and reload keeps its value: what moved it is the change.
    var moved = false
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
        let before = i < old.count ? old[i] : nil
        let after = j < new.count ? new[j] : nil
        let isGone = after.map { after in before.map { $0.path < after.path } ?? false } ?? true
        let isNew = before.map { before in after.map { $0.path < before.path } ?? false } ?? true
        if let before, isGone {
            changes.append(FieldChange(before, nil, place: new.nearest(to: before)))
            i += 1
        } else if let after, isNew {
            changes.append(FieldChange(nil, after, place: after.place))
            j += 1
        } else if let before, let after {
            if before.value != after.value {
                changes.append(FieldChange(before, after, place: after.place))
            } else if before.effect != after.effect {
                moved = true
            }
            i += 1
            j += 1
        }
    }
    for index in changes.indices where moved && changes[index].path == "unit.spec.reload.signal" {
        changes[index].effect = .restart
    }
    return changes
}

extension [SpecField] {
    /// Where a field that is no longer written would stand: at the field of its file that is closest by name.
    fileprivate func nearest(to gone: SpecField) -> Location {
        let inFile = filter { $0.place.file == gone.place.file }
        let ofDocument = filter { $0.path.hasPrefix("unit.") == gone.path.hasPrefix("unit.") }
        let candidates = inFile.isEmpty ? ofDocument : inFile
        func closeness(_ field: SpecField) -> Int {
            zip(field.path.utf8, gone.path.utf8).prefix { $0 == $1 }.count
        }
        return candidates.max { closeness($0) < closeness($1) }?.place ?? gone.place
    }
}

extension FieldChange {
    /// The stronger effect of the two counts: a field that moves from reload to restart needs a restart.
    fileprivate init(_ old: SpecField?, _ new: SpecField?, place: Location) {
        let effects = [old?.effect, new?.effect].compactMap { $0 }
        let effect: Effect =
            effects.contains(.restart) ? .restart : effects.contains(.reload) ? .reload : .live
        let path = new?.path ?? old?.path ?? ""
        var values = (old?.value, new?.value)
        if path.hasPrefix("unit.spec.artifact.") {
            values = (old?.value.withShortDigest, new?.value.withShortDigest)
        }
        self.init(path: path, old: values.0, new: values.1, effect: effect, place: place)
    }
}

/// What differs between two desired states of one Instance, fields outside the hashes included.
package func fieldChanges(from old: DesiredInstance, to new: DesiredInstance) -> [FieldChange] {
    var changes = fieldChanges(from: old.spec, to: new.spec)
    // Another file's Unit moved the reference: its version's line is the cause, not the reference's.
    if old.reference == new.reference {
        for index in changes.indices where changes[index].path == "spec.unit" {
            changes[index].place = new.unitPlace
        }
    }
    func compare(_ path: String, _ before: String, _ after: String, _ effect: FieldChange.Effect) {
        guard before != after else { return }
        changes.append(
            FieldChange(
                path: path, old: before.isEmpty ? nil : before, new: after.isEmpty ? nil : after,
                effect: effect, place: new.places[path] ?? new.place))
    }
    compare("spec.restartNonce", old.nonce.inQuotes, new.nonce.inQuotes, .restart)
    compare("spec.replicas", "\(old.replicas)", "\(new.replicas)", .scale)
    compare("spec.desired", old.state.rawValue, new.state.rawValue, .scale)
    compare(
        "spec.nodes", old.assigned ? "this node" : "other nodes", new.assigned ? "this node" : "other nodes",
        .scale)
    compare("spec.suspend", "\(old.suspend)", "\(new.suspend)", .none)
    compare(
        "spec.prune", (old.prune ?? .allow).rawValue, (new.prune ?? .allow).rawValue, .none)
    compare("metadata.labels", old.labels.sortedText, new.labels.sortedText, .none)
    let (before, after) = (old.annotations ?? [:], new.annotations ?? [:])
    compare("metadata.annotations", before.sortedText, after.sortedText, .none)
    let (oldLabels, newLabels) = (old.endpointLabels ?? [:], new.endpointLabels ?? [:])
    for name in Set(oldLabels.keys).union(newLabels.keys).sorted() {
        compare(
            "unit.spec.endpoints.\(name).labels", oldLabels[name] ?? "", newLabels[name] ?? "", .none)
    }
    compare("spec.dependsOn", old.dependsOn.text, new.dependsOn.text, .none)
    return changes
}

extension String {
    fileprivate var inQuotes: String { "\"\(self)\"" }
}

extension [String: String] {
    var sortedText: String {
        sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}

extension [Dependency] {
    var text: String {
        map { "\($0.instance) \($0.condition.rawValue)\($0.required ? "" : " (optional)")" }.joined(
            separator: ", ")
    }
}
