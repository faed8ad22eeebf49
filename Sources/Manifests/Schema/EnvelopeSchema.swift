/// What every declaration has around its `spec`.
enum EnvelopeSchema {
    static let apiVersion = "plumb.dev/v1"
    static let labelsMax = 64

    static let metadata = ObjectSchema(
        "metadata",
        [
            SchemaField(
                "name", .string(.name), required: true, effect: .scale,
                "The declaration's name, unique within its kind (of a Unit: together with its version)."),
            SchemaField(
                "labels", .map(keys: .labelKey, values: .text(.labelValue), max: labelsMax), effect: .none,
                "Short facts to select by."),
            SchemaField(
                "annotations", .map(keys: .labelKey, values: .text(.any), max: labelsMax), effect: .none,
                "Notes for people and tools."),
        ])

    /// The table of a whole document.
    static func document(_ kind: Kind, spec: SchemaType, specRequired: Bool = true) -> ObjectSchema {
        ObjectSchema(
            kind.article,
            [
                SchemaField(
                    "apiVersion", .enumeration([.init(apiVersion)]), required: true, effect: .none,
                    "The version of this schema."),
                SchemaField(
                    "kind", .enumeration([.init(kind.rawValue)]), required: true, effect: .none,
                    "What the document declares."),
                SchemaField(
                    "requires", .string(.requirement), effect: .none,
                    "The versions of Plumb that may read the document, as in plumb >= 1.2."),
                SchemaField(
                    "metadata", .object(metadata), required: true, effect: .none,
                    "The declaration's name and labels."),
                SchemaField("spec", spec, required: specRequired, effect: .none, kind.specDoc),
            ])
    }
}

extension Kind {
    /// "a Unit", as messages say it.
    var article: String { self == .instance ? "an Instance" : "a \(rawValue)" }

    fileprivate var specDoc: String {
        switch self {
        case .unit: "What can run: a program with its version, package, entry, config schema and defaults."
        case .instance: "A Unit meant to run here: config, replicas, desired state, update policy."
        case .schedule: "Work that starts by the clock, by what happens, or by a commit."
        case .plugin: "Checked in its envelope only, and not acted on by this version."
        }
    }
}
