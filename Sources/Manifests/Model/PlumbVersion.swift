/// The version of this program, which a document's `requires` is checked against.
package enum PlumbVersion {
    package static let current = SemanticVersion(major: 0, minor: 1, patch: 0)
}
