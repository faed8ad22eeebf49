/// A value of a configuration: what YAML can say, without anchors and tags.
package indirect enum ConfigValue: Sendable, Hashable, Codable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([ConfigValue])
    /// Keys are unique; order is not part of the value.
    case object([String: ConfigValue])
    /// A value that stands in the host's secret directory; the name of the file there.
    case secret(file: String)
}
