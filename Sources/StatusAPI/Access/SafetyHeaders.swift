import HTTPTypes

/// What every answer says to browsers. There are no headers that would let other origins read anything.
enum SafetyHeaders {
    private static let always: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("X-Frame-Options", "DENY"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]

    /// Scripts and styles are files of ours; nothing is sent anywhere else, and nobody frames it.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func fields(contentType: String) -> [HTTPField] {
        var all = always
        if contentType.hasPrefix("text/html") { all.append(("Content-Security-Policy", policy)) }
        return all.compactMap { name, value in
            HTTPField.Name(name).map { HTTPField(name: $0, value: value) }
        }
    }
}
