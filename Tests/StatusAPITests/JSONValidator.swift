import Foundation

/// JSON Schema, as far as /openapi.json uses it: types, required and additional properties, items, words,
/// times, bounds and references.
struct JSONValidator {
    let components: [String: Any]

    init(openAPI: [String: Any]) {
        let parts = openAPI["components"] as? [String: Any]
        components = parts?["schemas"] as? [String: Any] ?? [:]
    }

    /// What is wrong, each with its place.
    func problems(_ value: Any, _ schema: [String: Any], at place: String = "$") -> [String] {
        if let reference = schema["$ref"] as? String {
            let name = String(reference.split(separator: "/").last ?? "")
            guard let target = components[name] as? [String: Any] else {
                return ["\(place): no schema \(name)"]
            }
            return problems(value, target, at: place)
        }
        if let words = schema["enum"] as? [String], !words.contains(value as? String ?? "") {
            return ["\(place): \(value) is none of \(words)"]
        }
        switch schema["type"] as? String {
        case nil: return []
        case "object": return object(value, schema, place)
        case "array":
            guard let items = value as? [Any] else { return ["\(place): no array"] }
            let item = schema["items"] as? [String: Any] ?? [:]
            return items.enumerated().flatMap { problems($1, item, at: "\(place)[\($0)]") }
        case "string":
            guard let text = value as? String else { return ["\(place): no string"] }
            let isTime = schema["format"] as? String == "date-time"
            return isTime && text.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) == nil
                ? ["\(place): '\(text)' is no time"] : []
        case "boolean": return Self.isFlag(value) ? [] : ["\(place): no boolean"]
        case "integer", "number":
            guard let number = value as? NSNumber, !Self.isFlag(value) else { return ["\(place): no number"] }
            if schema["type"] as? String == "integer", number.doubleValue != number.doubleValue.rounded() {
                return ["\(place): no integer"]
            }
            let least = schema["minimum"] as? Double ?? -.infinity
            return number.doubleValue < least ? ["\(place): \(number) is less than \(least)"] : []
        case let type?: return ["\(place): the validator knows no \(type)"]
        }
    }

    private func object(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        guard let fields = value as? [String: Any] else { return ["\(place): no object"] }
        let known = schema["properties"] as? [String: Any] ?? [:]
        let others = schema["additionalProperties"] as? [String: Any]
        var found = (schema["required"] as? [String] ?? []).filter { fields[$0] == nil }.map {
            "\(place): '\($0)' is missing"
        }
        for (key, field) in fields {
            if let own = known[key] as? [String: Any] ?? others {
                found += problems(field, own, at: "\(place).\(key)")
            } else {
                found.append("\(place): '\(key)' is not in the schema")
            }
        }
        return found
    }

    private static func isFlag(_ value: Any) -> Bool {
        (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? (value is Bool)
    }
}
